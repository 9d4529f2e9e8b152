/**
 * The FID Inception against pytorch-fid's own network (make_inception.py: torch 2.13.0, pytorch-fid 0.3.0), with the same
 * random weights in each of the three kinds of files that people have. Tolerance: max |difference| <= 1e-4 x max
 * |reference|.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Weights } from '../../native-models/architectures/weights.js';
import { Graph } from '../../native-models/onnx/graph.js';
import * as op from '../../native-models/onnx/operators/index.js';
import type { Device } from '../../native-models/runtime/devices.js';
import type { Tensors } from '../../native-models/runtime/network.js';
import { openGraph } from '../../native-models/runtime/open-graph.js';
import { openNetwork } from '../../native-models/runtime/open-network.js';
import { floats } from '../../native-models/runtime/tensor.js';
import { floatsToHalves } from '../../native-models/weight-formats/number-formats.js';
import { readInception } from '../../native-models/weight-formats/inception-file.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';
import { SafetensorsWeights } from '../../native-models/weight-formats/safetensors-weights.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import type { InceptionForm } from '../inception-file.js';
import { randomInception, randomPicture, writeInceptionFile } from '../inception-file.js';
import { readGolden, relativeDifference } from './golden.js';
import { operatorsOnCpu } from './operators-on-cpu.js';

const golden = readGolden('inception', 'random');

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'inception-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Outputs {
  readonly pool3: Float32Array;
  readonly logits: Float32Array;
}

/** The golden's pictures, so many in a run. */
async function run(file: string, batch: number): Promise<Outputs> {
  const files = await readInception(file);
  const network = await openNetwork({ component: 'inception', files, device: 'cpu', sizes: { batch } });
  const [pool3, logits]: number[][] = [[], []];
  for (let first = 0; first < 3; first += batch) {
    const pixels = Array.from({ length: batch }, (_, i) => [...randomPicture(first + i)]).flat();
    const given = await network.run({ pixel_values: floats([batch, 3, 299, 299], Float32Array.from(pixels)) });
    expect(given['pool3']?.shape).toEqual([batch, 2048]);
    expect(given['logits']?.shape).toEqual([batch, 1008]);
    pool3!.push(...(given['pool3']!.data as Float32Array));
    logits!.push(...(given['logits']!.data as Float32Array));
  }
  await network.release();
  return { pool3: Float32Array.from(pool3!), logits: Float32Array.from(logits!) };
}

describe.each<InceptionForm>(['safetensors', 'torch-zip', 'torch-legacy'])('from %s', (form) => {
  test('gives the features and logits of pytorch-fid', async () => {
    const file = path.join(scratch, form === 'safetensors' ? 'inception.safetensors' : `${form}.pth`);
    await writeInceptionFile(file, form);
    const { pool3, logits } = await run(file, form === 'safetensors' ? 3 : 1);
    expect(relativeDifference(pool3, golden.floats('pool3'))).toBeLessThanOrEqual(1e-4);
    expect(relativeDifference(logits, golden.floats('logits'))).toBeLessThanOrEqual(1e-4);
    expect(Math.min(...pool3)).toBeGreaterThanOrEqual(0);
    await rm(file);
  });
});

test('from halves gives nearly the same', async () => {
  const file = path.join(scratch, 'halves.safetensors');
  const halves = Object.entries(randomInception()).map(([name, { shape, bytes }]) => {
    const values = new Float32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / 4);
    return [name, { dtype: 'F16', shape, bytes: new Uint8Array(floatsToHalves(values).buffer) }];
  });
  await writeSafetensors(file, Object.fromEntries(halves) as Parameters<typeof writeSafetensors>[1]);
  const { pool3 } = await run(file, 3);
  const difference = relativeDifference(pool3, golden.floats('pool3'));
  expect(difference).toBeLessThanOrEqual(0.05); // of weights rounded to 11 bits; the network carries that on
  expect(difference).toBeGreaterThan(1e-4); // halves they are
  await rm(file);
});

/** The whole network takes minutes on a software driver; what only it is made of is tried on small pictures. */
describe.runIf(process.env['VK_ICD_FILENAMES'])('on WebGPU', () => {
  test('its batch norms and pools give the numbers of the CPU, and nothing of them runs there', async () => {
    const file = path.join(scratch, 'block.safetensors');
    const tensors = Object.entries(randomInception()).filter(([name]) => name.startsWith('Conv2d_1a_3x3.'));
    await writeSafetensors(file, Object.fromEntries(tensors));
    const weights = new SafetensorsWeights([await readSafetensors(file)], 'block');
    const profile = path.join(scratch, 'profile');
    const [onCpu, onGpu] = await Promise.all(
      (['cpu', 'webgpu'] as const).map((device) => block(device, weights, profile)),
    );
    for (const name of ['largest', 'mean', 'padded', 'global']) {
      expect(onGpu![name]!.shape).toEqual(onCpu![name]!.shape);
      const [got, reference] = [onGpu![name]!.data, onCpu![name]!.data] as [Float32Array, Float32Array];
      expect(relativeDifference(got, reference), name).toBeLessThanOrEqual(1e-5);
    }
    expect(await operatorsOnCpu(`${profile}-webgpu`)).toEqual([]);
  });
});

/** The first convolution of Inception on a picture of 21 x 21, and each kind of pool after it. */
async function block(device: Device, weights: SafetensorsWeights, profile: string): Promise<Tensors> {
  const graph = new Graph({ device, weights });
  const pixels = graph.input('pixels', 'float32', [2, 3, 21, 21]);
  const at = new Weights(graph, 'Conv2d_1a_3x3');
  const statistics = {
    scale: at.tensor('bn.weight', [32]),
    shift: at.tensor('bn.bias', [32]),
    mean: at.tensor('bn.running_mean', [32]),
    variance: at.tensor('bn.running_var', [32]),
  };
  const y = op.convolution(pixels, at.tensor('conv.weight', [32, 3, 3, 3]), null, { stride: 2 }); // [2, 32, 10, 10]
  const x = op.relu(op.batchNorm(y, statistics, 1e-3));
  graph.output('largest', op.maxPool(x, { kernel: 3, stride: 2 }));
  graph.output('padded', op.maxPool(x, { kernel: 3, padding: 1 }));
  graph.output('mean', op.averagePool(x, { kernel: 3, padding: 1 }));
  graph.output('global', op.globalMean(x));
  const network = await openGraph(graph, { weightsMode: 'fold', profile: `${profile}-${device}` });
  const outputs = await network.run({ pixels: floats([2, 3, 21, 21], randomPicture(0).subarray(0, 2 * 3 * 21 * 21)) });
  await network.release();
  return outputs;
}
