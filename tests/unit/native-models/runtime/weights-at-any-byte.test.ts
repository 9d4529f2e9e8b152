/**
 * Old files of weights have headers of odd length, and streams of torch put numbers anywhere: a float whose address is no
 * multiple of its size is read right by the runtime, or every such file would have to be copied.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Tensors } from '../../../../native-models/runtime/network.js';
import { openNetwork } from '../../../../native-models/runtime/open-network.js';
import type { WeightsMode } from '../../../../native-models/runtime/session-options.js';
import { floats, ints } from '../../../../native-models/runtime/tensor.js';
import { readComponent } from '../../../../native-models/weight-formats/component-folder.js';

const embedded = path.resolve(import.meta.dirname, '../../../../native-models/embedded/pictures');

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'any-byte-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** A copy of a component whose tensors all lie so many bytes later: spaces after the header's text. */
async function moved(component: string, file: string, bytes: number): Promise<string> {
  const folder = path.join(scratch, `${component}-${bytes}`);
  await cp(path.join(embedded, component), folder, { recursive: true });
  const whole = await readFile(path.join(folder, file));
  const header = Number(whole.readBigUInt64LE());
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header + bytes));
  const parts = [length, whole.subarray(8, 8 + header), Buffer.alloc(bytes, ' '), whole.subarray(8 + header)];
  await writeFile(path.join(folder, file), Buffer.concat(parts));
  return folder;
}

const waves = (...shape: number[]) =>
  floats(
    shape,
    Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => Math.sin(i * 13)),
  );

async function run(folder: string, weightsMode: WeightsMode): Promise<Tensors> {
  const files = await readComponent(folder);
  const options = { device: 'cpu', weightsMode } as const;
  if (files.kind === 'vae') {
    const sizes = { batch: 1, height: 8, width: 8 };
    const network = await openNetwork({ component: 'vae_decoder', files, sizes, ...options });
    const outputs = await network.run({ latent_sample: waves(1, 4, 8, 8) });
    await network.release();
    return outputs;
  }
  if (files.kind !== 'text_encoder') throw new Error(`not expected: ${files.kind}`);
  const network = await openNetwork({ component: 'text_encoder', files, sizes: { batch: 1, tokens: 7 }, ...options });
  const outputs = await network.run({ input_ids: ints([1, 7], [1, 2, 3, 4, 5, 6, 7]) });
  await network.release();
  return outputs;
}

describe.each([
  ['vae', 'diffusion_pytorch_model.safetensors'],
  ['text_encoder', 'model.safetensors'],
] as const)('%s', (component, file) => {
  test.each(['fold', 'keep-half'] as const)('%s: the same bits wherever its weights begin', async (weightsMode) => {
    const reference = await run(path.join(embedded, component), weightsMode);
    for (const bytes of [1, 3]) expect(await run(await moved(component, file, bytes), weightsMode)).toEqual(reference);
  });
});
