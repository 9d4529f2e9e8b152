import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../../../native-models/pipelines/checkpoint.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkstone-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

const generator = new TorchGenerator(2n ** 63n + 5n);
generator.randn(7);

const checkpoint: Checkpoint = {
  seconds: 3.25,
  step: 3,
  latents: floats([2, 1, 2], Float32Array.of(1, -0, 1e-42, 3.4e38)),
  history: [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)],
  generator: generator.state(),
  fingerprint: 'of this picture',
};

it('comes back from disk as it was, bit for bit', async () => {
  const file = join(folder, 'picture.safetensors');
  await writeCheckpoint(file, checkpoint);
  expect(await readCheckpoint(file)).toEqual(checkpoint);
});

it('comes back without history and generator', async () => {
  const file = join(folder, 'bare.safetensors');
  const bare = { ...checkpoint, history: [], generator: null };
  await writeCheckpoint(file, bare);
  expect(await readCheckpoint(file)).toEqual(bare);
});

it('a new one takes the old one’s place and leaves nothing beside it', async () => {
  const own = await mkdtemp(join(folder, 'own-'));
  const file = join(own, 'picture.safetensors');
  await writeCheckpoint(file, checkpoint);
  await writeCheckpoint(file, { ...checkpoint, step: 4 });
  expect(await readCheckpoint(file)).toMatchObject({ step: 4 });
  expect(await readdir(own)).toEqual(['picture.safetensors']);
});

it('is null where there is none', async () => {
  expect(await readCheckpoint(join(folder, 'nowhere.safetensors'))).toBeNull();
});

it('other tensors are no checkpoint', async () => {
  const file = join(folder, 'latents.safetensors');
  await writeSafetensors(file, { latents: checkpoint.latents });
  await expect(readCheckpoint(file)).rejects.toThrow(/is no checkpoint of a picture: delete it and begin anew/);
});

it('a file that is cut short is refused by name', async () => {
  const file = join(folder, 'cut.safetensors');
  await writeFile(file, Buffer.from([200, 0, 0, 0, 0, 0, 0, 0, 123]));
  await expect(readCheckpoint(file)).rejects.toThrow(/cut\.safetensors/);
});
