import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { GenerateProgress, GenerateRequest, RunRequest } from '../../../../app/contracts/engine.js';
import { startEngineProcess, type EngineProcess } from '../../../../main/supervisor/engine-process.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { adaptableModel } from '../../../../native-models/adapters/adaptable-model.js';
import { ints } from '../../../../native-models/runtime/tensor.js';
import { readDiffusersFolder } from '../../../../native-models/weight-formats/diffusers-folder.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { relativeDifference } from '../../../parity/golden.js';
import { writeSeededAdapter } from '../../native-models/adapters/seeded-adapter.js';
import { bundleChild } from '../supervisor/bundle-child.js';

const modelPath = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));

// Real pictures, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let bundle: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
let started: EngineProcess;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-engine-adapters-'));
  bundle = await bundleChild(new URL('../../../../main/engine/engine.ts', import.meta.url));
  started = startEngineProcess({ host: forkHost, entry: bundle.file });
  const model = adaptableModel(await readDiffusersFolder(modelPath));
  file = await writeSeededAdapter(join(folder, 'adapter.safetensors'), model);
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
  sampler: 'euler_a',
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

test('adapters change a picture, and are told with it', async () => {
  const plain = await make({});
  await started.engine.prepareAdapters({ ...wish });
  const adapted = await make({ adapters: [{ file, weight: 1, textWeight: 0.5 }] });
  expect(adapted.adapters).toMatchObject([{ file, how: 'live' }]);
  expect(adapted.adapters[0]!.matched).toBe(adapted.adapters[0]!.total);
  expect(Buffer.from(adapted.rgb).equals(Buffer.from(plain.rgb))).toBe(false);
  const off = await make({});
  expect(off.adapters).toEqual([]);
  expect(Buffer.from(off.rgb).equals(Buffer.from(plain.rgb))).toBe(true);
});

test('a picture with adapters goes on after kill -9 of the engine, bit for bit as if nothing had happened', async () => {
  const adapters = [{ file, weight: 0.7, textWeight: 1 }];
  const whole = await make({ adapters });
  const checkpointFile = join(folder, 'adapted.safetensors');
  const { pid } = started.child.status();
  const killed = make({ adapters, checkpointFile }, ({ step, phase }) => {
    if (phase === 'denoising' && step === 4 && pid !== null) process.kill(pid, 'SIGKILL');
  });
  await expect(killed).rejects.toMatchObject({ kind: 'engine-lost' });
  const resumed = await make({ adapters, checkpointFile });
  expect(resumed.notices).toEqual([]);
  expect(Buffer.from(resumed.rgb).equals(Buffer.from(whole.rgb))).toBe(true);
});

test('adapters that are gone are an error of their own; the next picture is made', async () => {
  const gone = join(folder, 'gone.safetensors');
  await expect(make({ adapters: [{ file: gone, weight: 1, textWeight: 1 }] })).rejects.toMatchObject({
    kind: 'missing-file',
    file: gone,
  });
  await expect(make({ adapters: [{ file, weight: 1, textWeight: 1 }] })).resolves.toMatchObject({ notices: [] });
});

test('files that a dead engine had baked are removed by the next that bakes, and its own when it lets go', async () => {
  const abandoned = mkdtempSync(join(tmpdir(), `inkstone-baked-${await deadPid()}-`));
  writeFileSync(join(abandoned, 'unet-1.safetensors'), 'left behind');
  const baked = await make({ apply: 'baked', adapters: [{ file, weight: 1, textWeight: 1 }] });
  expect(baked.adapters).toMatchObject([{ how: 'baked' }]);
  expect(existsSync(abandoned)).toBe(false);
  const own = readdirSync(tmpdir()).find((name) => name.startsWith(`inkstone-baked-${started.child.status().pid}-`));
  expect(readdirSync(join(tmpdir(), own!))).toHaveLength(2);
  await started.engine.unload();
  expect(readdirSync(join(tmpdir(), own!))).toEqual([]);
});

test.each(['live', 'baked'] as const)('adapters change one network that is run, %s', async (apply) => {
  const inputs = join(folder, 'ids.safetensors');
  await writeSafetensors(inputs, { input_ids: ints([1, 4], [1, 2, 3, 0]) });
  const request: RunRequest = {
    ...{ modelPath, component: 'text_encoder', device: 'cpu', inputs, out: join(folder, 'text.safetensors') },
    ...{ adapters: [], apply },
  };
  const output = async (more: Partial<RunRequest>) => {
    const { adapters } = await started.engine.run({ ...request, ...more }, new AbortController().signal);
    return { adapters, vectors: (await readTensors(request.out))['last_hidden_state']!.data as Float32Array };
  };
  const plain = await output({});
  expect(plain.adapters).toEqual([]);
  const adapted = await output({ adapters: [{ file, weight: 0, textWeight: 0.5 }] });
  expect(adapted.adapters).toMatchObject([{ file, how: apply }]);
  expect(relativeDifference(adapted.vectors, plain.vectors)).toBeGreaterThan(0.01);
  const away = await output({ adapters: [{ file, weight: 1, textWeight: 0 }] });
  expect(away.vectors).toEqual(plain.vectors);
  await expect(
    output({ component: 'vae_decoder', adapters: [{ file, weight: 1, textWeight: 1 }] }),
  ).rejects.toMatchObject({ kind: 'bad-input' });
});

/** Of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid!;
}
