import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { floats, type FloatTensor } from '../../../../../native-models/runtime/tensor.js';
import { readSafetensors } from '../../../../../native-models/weight-formats/safetensors.js';
import { findPrediction } from '../../../../../native-models/weight-formats/single-file/prediction.js';
import { writeSafetensors } from '../../../../../native-models/weight-formats/write-safetensors.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prediction-'));
});
afterEach(() => rm(folder, { recursive: true }));

const telling = 'model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias';
/** 320 numbers, half of them `deviation` above their mean 0.3 and half below. */
const spread = (deviation: number): FloatTensor =>
  floats(
    [320],
    Float32Array.from({ length: 320 }, (_, i) => 0.3 + (i % 2 ? deviation : -deviation)),
  );
const mark = floats([0]);

interface Given {
  readonly name?: string;
  readonly tensors?: Readonly<Record<string, FloatTensor>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

async function found(family: 'sd1' | 'sd2' | 'sdxl', { name = 'model', tensors = {}, metadata = {} }: Given) {
  const file = join(folder, `${name}.safetensors`);
  await writeSafetensors(file, { other: floats([1]), ...tensors }, metadata);
  return findPrediction(await readSafetensors(file), family);
}

test.each<[string, 'sd1' | 'sd2' | 'sdxl', Given, 'epsilon' | 'v_prediction', string | null]>([
  ['metadata against everything else', 'sd2', { name: 'x-vpred', tensors: { v_pred: mark, [telling]: spread(0.2) }, metadata: { 'modelspec.prediction_type': 'epsilon' } }, 'epsilon', 'its metadata says so'], // prettier-ignore
  ['metadata of velocity', 'sdxl', { metadata: { 'modelspec.prediction_type': 'v' } }, 'v_prediction', 'its metadata says so'], // prettier-ignore
  ['the architecture in metadata', 'sd2', { metadata: { 'modelspec.architecture': 'stable-diffusion-v2-768-v' } }, 'v_prediction', 'its metadata says so'], // prettier-ignore
  ['a mark among the tensors', 'sdxl', { tensors: { v_pred: mark } }, 'v_prediction', 'it holds the mark v_pred'],
  ['a bias that is spread wide', 'sd2', { tensors: { [telling]: spread(0.091) } }, 'v_prediction', 'deviation 0.091 of a bias'], // prettier-ignore
  ['a bias that is spread less, against the name', 'sd2', { name: 'x-vpred', tensors: { [telling]: spread(0.089) } }, 'epsilon', 'deviation 0.089 of a bias'], // prettier-ignore
  ['that bias in another family: not asked', 'sd1', { tensors: { [telling]: spread(0.2) } }, 'epsilon', null],
  ['a name', 'sdxl', { name: 'noob-v-pred-1' }, 'v_prediction', 'its name says so, which is a guess'],
  ['Stability’s own name', 'sd2', { name: 'v2-1_768-v-ema-pruned' }, 'v_prediction', 'which is a guess'],
  ['nothing, in a family that has both', 'sd2', {}, 'epsilon', 'nothing in it says otherwise, which is a guess'],
  ['nothing', 'sdxl', {}, 'epsilon', null],
])('%s decides (%s)', async (_what, family, given, prediction, why) => {
  const { notice, ...rest } = await found(family, given);
  expect(rest).toEqual({ prediction, zeroTerminalSnr: false });
  if (why === null) expect(notice).toBeNull();
  else {
    const what = prediction === 'epsilon' ? 'It predicts noise (epsilon): ' : 'It predicts velocity (v): ';
    expect(notice?.startsWith(what)).toBe(true);
    expect(notice).toContain(why);
  }
});

test('a mark tells that noise ends in nothing but noise', async () => {
  const marked = await found('sdxl', { tensors: { v_pred: mark, ztsnr: mark } });
  expect(marked).toMatchObject({ prediction: 'v_prediction', zeroTerminalSnr: true });
});
