import { expect, test } from 'vitest';
import type { PictureReceipt } from '../../../../app/contracts/gallery.js';
import { estimate, paceOf } from '../../../../renderer/generate/estimate.js';

const receipt: PictureReceipt = {
  inkstone: '0.1.0',
  onnxruntime: '1.30.0',
  settings: {
    model: 'm',
    prompt: '',
    negative: '',
    steps: 20,
    cfg: 7,
    sampler: 'euler',
    schedule: 'normal',
    seed: 1,
    width: 512,
    height: 512,
    clipSkip: 1,
    adapters: [],
  },
  model: { name: 'm', family: 'sd1', sha256: null },
  adapters: [],
  device: 'cpu',
  noise: 'cpu',
  notices: [],
  seconds: { load: 3, denoise: 40, decode: 2, total: 45 },
};
const pace = paceOf(receipt);
const work = { steps: 20, cfg: 7, width: 512, height: 512 };

test('the same picture again takes what it took, without loading', () => {
  expect(estimate(work, 1, pace)).toBeCloseTo(42);
});

test('more pictures, steps or pixels take longer in proportion', () => {
  expect(estimate(work, 4, pace)).toBeCloseTo(168);
  expect(estimate({ ...work, steps: 10 }, 1, pace)).toBeCloseTo(22);
  expect(estimate({ ...work, width: 1024 }, 1, pace)).toBeCloseTo(84);
});

test('no guidance halves the calls', () => {
  expect(estimate({ ...work, cfg: 1 }, 1, pace)).toBeCloseTo(22);
});
