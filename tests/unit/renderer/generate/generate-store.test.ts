import { describe, expect, test } from 'vitest';
import type { Model } from '../../../../app/contracts/models.js';
import { draftForModel, draftFrom, settingsOf } from '../../../../renderer/generate/generate-store.js';

const model = (id: string, side: number, rest: Partial<Model> = {}): Model => ({
  id,
  name: id,
  path: `/models/${id}`,
  kind: 'diffusion',
  family: 'custom',
  prediction: 'epsilon',
  inChannels: 4,
  format: 'diffusers',
  dtype: 'F16',
  bytes: 1,
  card: null,
  sizeMultiple: 8,
  nativeSize: side,
  hashedFile: '',
  notices: [],
  sha256: null,
  embedded: false,
  missing: false,
  defaults: { steps: 20, cfg: 7, sampler: 'euler', schedule: 'normal', width: side, height: side },
  ...rest,
});
const small = model('small', 64, {
  defaults: { steps: 25, cfg: 4, sampler: 'dpmpp_2m', schedule: 'karras', width: 64, height: 64 },
});
const large = model('large', 512);

describe('the draft of a new window', () => {
  test('starts with the first model’s own settings', () => {
    expect(draftFrom({}, [small, large])).toMatchObject({ model: 'small', steps: 25, cfg: 4, width: 64, count: 1 });
  });

  test('is as it was left', () => {
    const saved = { model: 'large', prompt: 'a red heart', steps: 31, count: 4, seedLocked: true };
    expect(draftFrom(saved, [small, large])).toMatchObject({ ...saved, cfg: 7, width: 512 });
  });

  test('takes another model when its own is gone', () => {
    expect(draftFrom({ model: 'gone', prompt: 'x' }, [model('lost', 64, { missing: true }), large])).toMatchObject({
      model: 'large',
      prompt: 'x',
    });
  });

  test('has no model when there is none', () => {
    expect(draftFrom({}, []).model).toBe('');
  });
});

describe('another model', () => {
  test('moves what was at the old defaults and leaves what was chosen', () => {
    const draft = { ...draftFrom({}, [small]), steps: 33 };
    expect(draftForModel(draft, small, large)).toMatchObject({
      model: 'large',
      steps: 33,
      cfg: 7,
      sampler: 'euler',
      width: 512,
    });
  });

  test('of the same native size keeps a chosen size, on its own multiple', () => {
    const coarse = model('coarse', 512, { sizeMultiple: 64 });
    const draft = { ...draftFrom({}, [large]), width: 616, height: 512 };
    expect(draftForModel(draft, large, coarse)).toMatchObject({ width: 640, height: 512 });
  });
});

test('the settings of a job do not carry what only the panel knows', () => {
  const settings = settingsOf(draftFrom({}, [small]));
  expect(settings).not.toHaveProperty('count');
  expect(settings).not.toHaveProperty('seedLocked');
});
