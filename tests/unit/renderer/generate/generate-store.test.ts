import { describe, expect, test } from 'vitest';
import type { Model } from '../../../../app/contracts/models.js';
import {
  draftForModel,
  draftFrom,
  rowsOf,
  sameUses,
  settingsOf,
} from '../../../../renderer/generate/generate-store.js';

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

  test('of a version without adapters has an empty mixer', () => {
    expect(draftFrom({ prompt: 'x' }, [small]).mixer).toEqual([]);
  });

  test('keeps rows of the mixer that are off', () => {
    const row = { adapter: 'a', weight: -0.6, textWeight: 0.2, on: false };
    expect(draftFrom({ mixer: [row] }, [small]).mixer).toEqual([row]);
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

describe('the adapters of a job', () => {
  const use = { adapter: 'a', weight: 0.8, textWeight: 0.6 };

  test('are the rows of the mixer that are on', () => {
    const mixer = [
      { ...use, on: true },
      { adapter: 'b', weight: 1, textWeight: 1, on: false },
    ];
    expect(settingsOf({ ...draftFrom({}, [small]), mixer }).adapters).toEqual([use]);
  });

  test('become rows that are on when a picture gives its settings', () => {
    expect(rowsOf([use])).toEqual([{ ...use, on: true }]);
  });

  test('are the same only with the same strengths in the same order', () => {
    const other = { ...use, adapter: 'b' };
    expect(sameUses([use, other], [{ ...use }, { ...other }])).toBe(true);
    expect(sameUses([use, other], [other, use])).toBe(false);
    expect(sameUses([use], [{ ...use, textWeight: 0.7 }])).toBe(false);
    expect(sameUses([use], [])).toBe(false);
  });
});
