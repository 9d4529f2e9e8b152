import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { GenerateProgress, GenerateRequest, RunRequest } from '../../../../app/contracts/engine.js';
import { startEngineProcess, type EngineProcess } from '../../../../main/supervisor/engine-process.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { schedulers } from '../../../../native-models/schedulers/index.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { bundleChild } from '../supervisor/bundle-child.js';

const modelPath = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));

// Real pictures, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let bundle: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
let started: EngineProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-engine-'));
  bundle = await bundleChild(new URL('../../../../main/engine/engine.ts', import.meta.url));
  started = startEngineProcess({ host: forkHost, entry: bundle.file });
});
afterAll(async () => {
  await started.close();
  bundle.remove();
  rmSync(folder, { recursive: true });
});

const wish: GenerateRequest = {
  modelPath,
  device: 'cpu',
  prompt: 'a red heart',
  negative: '',
  steps: 8,
  cfg: 2.5,
  sampler: 'euler_a', // draws noise in every step and, with the checkpoint, has to go on where it was
  schedule: 'normal',
  seed: 7,
  width: 64,
  height: 64,
  clipSkip: 1,
  adapters: [],
  apply: 'auto',
  latents: null,
  checkpointFile: null,
  previewCache: null,
};

const make = (more: Partial<GenerateRequest>, onProgress: (progress: GenerateProgress) => void = () => undefined) =>
  started.engine.generate({ ...wish, ...more }, onProgress, new AbortController().signal);

describe('a picture', () => {
  test('is told step by step, each with a preview, and comes as pixels', async () => {
    const told: GenerateProgress[] = [];
    const previewCache = join(folder, 'previews');
    const picture = await make({ previewCache }, (progress) => told.push(progress));
    expect(picture).toMatchObject({ width: 64, height: 64, device: 'cpu', noise: 'cpu', notices: [] });
    expect(picture.rgb).toHaveLength(64 * 64 * 3);
    expect(told.map(({ phase, step }) => `${phase} ${step}`)).toEqual([
      'loading 0',
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((step) => `denoising ${step}`),
      'decoding 8',
    ]);
    for (const { preview } of told.filter(({ phase }) => phase === 'denoising')) {
      expect(preview).toMatchObject({ width: 16, height: 16 });
      expect(preview?.rgb).toHaveLength(16 * 16 * 3);
    }
    expect(readdirSync(previewCache)).toHaveLength(1);
  });

  test('is the same with and without previews and checkpoints', async () => {
    const plain = await make({});
    const watched = await make({
      previewCache: join(folder, 'previews'),
      checkpointFile: join(folder, 'c.safetensors'),
    });
    expect(Buffer.from(watched.rgb).equals(Buffer.from(plain.rgb))).toBe(true);
  });

  // Order 2 of dpmpp_2m looks back on the step before; lcm and euler_a draw noise.
  test.each(['euler_a', 'dpmpp_2m', 'lcm', 'ddim'])(
    'of %s goes on after kill -9 of the engine, bit for bit as if nothing had happened',
    async (sampler) => {
      const whole = await make({ sampler });
      const checkpointFile = join(folder, `${sampler}.safetensors`);
      const { pid } = started.child.status();
      const killed = make({ sampler, checkpointFile }, ({ step, phase }) => {
        if (phase === 'denoising' && step === 4 && pid !== null) process.kill(pid, 'SIGKILL');
      });
      await expect(killed).rejects.toMatchObject({ kind: 'engine-lost' });
      expect(existsSync(checkpointFile)).toBe(true);
      const steps: number[] = [];
      const resumed = await make({ sampler, checkpointFile }, ({ step, phase }) => {
        if (phase === 'denoising') steps.push(step);
      });
      expect(steps[0]).toBeGreaterThan(1);
      expect(resumed.notices).toEqual([]);
      expect(Buffer.from(resumed.rgb).equals(Buffer.from(whole.rgb))).toBe(true);
    },
  );

  test('that is cancelled stops between two steps and keeps its last one', async () => {
    const checkpointFile = join(folder, 'cancelled.safetensors');
    const controller = new AbortController();
    let last = 0;
    const { pid } = started.child.status();
    const cancelled = started.engine.generate(
      { ...wish, steps: 500, checkpointFile },
      ({ step }) => {
        last = step;
        if (step === 5) controller.abort();
      },
      controller.signal,
    );
    await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' });
    expect(last).toBeLessThan(100);
    expect(started.child.status().pid).toBe(pid);
    expect(existsSync(checkpointFile)).toBe(true);
  });

  test('of given latents takes its size from them', async () => {
    const file = join(folder, 'latents.safetensors');
    const latents = floats(
      [2, 4, 12, 16],
      Float32Array.from({ length: 2 * 4 * 12 * 16 }, (_, i) => Math.sin(i * i)),
    );
    await writeSafetensors(file, { latents });
    await expect(started.engine.inspectLatents({ modelPath, file })).resolves.toEqual({
      count: 2,
      width: 64,
      height: 48,
    });
    const picture = await make({ sampler: 'ddim', latents: { file, index: 1 } });
    expect(picture).toMatchObject({ width: 64, height: 48, noise: 'given' });
    await expect(make({ latents: { file, index: 2 } })).rejects.toMatchObject({ kind: 'bad-input', file });
  });

  test('of a checkpoint that is no checkpoint says which file', async () => {
    const checkpointFile = join(folder, 'broken.safetensors');
    writeFileSync(checkpointFile, 'nonsense');
    await expect(make({ checkpointFile })).rejects.toMatchObject({ kind: 'bad-file', file: checkpointFile });
  });

  test('of a model that is not there, an unknown sampler or an impossible clip skip is refused', async () => {
    await expect(make({ modelPath: join(folder, 'nothing') })).rejects.toMatchObject({ kind: 'missing-file' });
    await expect(make({ sampler: 'magic' })).rejects.toMatchObject({ kind: 'bad-input' });
    await expect(make({ clipSkip: 24 })).rejects.toMatchObject({ kind: 'bad-input' });
  });
});

describe('the engine', () => {
  test('tells what it can do', async () => {
    const { samplers, schedules, versions } = await started.engine.capabilities();
    expect(samplers).toEqual(schedulers.map(({ id, label }) => ({ id, label })));
    expect(schedules.map(({ id }) => id)).toEqual(['normal', 'karras']);
    expect(versions.onnxruntime).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('finds at least the processor', async () => {
    const devices = await started.engine.devices();
    expect(devices.at(-1)).toMatchObject({ id: 'cpu', available: true, proven: true, reason: null });
    expect(devices.every(({ available, reason }) => available === (reason === null))).toBe(true);
  });

  test('counts tokens while it makes a picture', async () => {
    const picture = make({ steps: 30 });
    await expect(started.engine.countTokens({ modelPath, text: 'a red heart' })).resolves.toEqual({
      tokens: 3,
      limit: 30,
    });
    await picture;
  });

  test('lets go of its memory and opens again', async () => {
    const before = await make({});
    await started.engine.unload();
    const after = await make({});
    expect(Buffer.from(after.rgb).equals(Buffer.from(before.rgb))).toBe(true);
  });

  test('runs one network on given tensors', async () => {
    const inputs = join(folder, 'in.safetensors');
    const out = join(folder, 'out.safetensors');
    await writeSafetensors(inputs, { latent_sample: floats([1, 4, 8, 6]) });
    const request: RunRequest = {
      modelPath,
      component: 'vae_decoder',
      device: 'cpu',
      inputs,
      out,
      adapters: [],
      apply: 'auto',
    };
    const result = await started.engine.run(request, new AbortController().signal);
    expect(result).toMatchObject({ device: 'cpu', outputs: { sample: { shape: [1, 3, 32, 24], dtype: 'F32' } } });
    expect((await readTensors(out))['sample']?.shape).toEqual([1, 3, 32, 24]);
    await expect(
      started.engine.run({ ...request, component: 'unet' }, new AbortController().signal),
    ).rejects.toMatchObject({ kind: 'bad-input', file: inputs, message: expect.stringContaining('sample') });
  });
});
