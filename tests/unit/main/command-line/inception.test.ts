import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { randomPicture, writeInceptionFile } from '../../../inception-file.js';
import { readGolden, relativeDifference } from '../../../parity/golden.js';
import { bundleInkstone, type Inkstone } from './run-inkstone.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let inkstone: Inkstone;
let folder: string;
beforeAll(async () => {
  inkstone = await bundleInkstone();
  folder = mkdtempSync(join(tmpdir(), 'inkstone-inception-'));
  await writeInceptionFile(join(folder, 'pt_inception.pth'), 'torch-zip');
});
afterAll(() => {
  inkstone.remove();
  rmSync(folder, { recursive: true });
});

test('an Inception is inspected, imported and run by its path and by its name', async () => {
  const weights = join(folder, 'pt_inception.pth');
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await inkstone.run([...args, '--json']);
    expect({ code, stderr: code === 0 ? [] : stderr }).toEqual({ code: 0, stderr: [] });
    return JSON.parse(stdout) as unknown;
  };
  const model = { kind: 'inception', path: weights, format: 'torch', dtype: 'F32', prediction: null };
  expect(await json('models', 'inspect', weights)).toMatchObject({ model: { ...model, id: null } });
  expect(await json('models', 'import', weights)).toMatchObject({ model, bytesWritten: 0 });

  const [inputs, out] = [join(folder, 'in.safetensors'), join(folder, 'out.safetensors')];
  await writeSafetensors(inputs, { pixel_values: floats([1, 3, 299, 299], randomPicture(0)) });
  for (const wish of [weights, 'pt_inception']) {
    expect(await json('run', 'inception', '--model', wish, '--inputs', inputs, '--out', out)).toMatchObject({
      component: 'inception',
      outputs: { pool3: { shape: [1, 2048], dtype: 'F32' }, logits: { shape: [1, 1008], dtype: 'F32' } },
    });
    const { pool3, logits } = await readTensors(out);
    const golden = readGolden('inception', 'random');
    const first = (name: string, columns: number) => golden.floats(name).subarray(0, columns);
    expect(relativeDifference(pool3!.data as Float32Array, first('pool3', 2048))).toBeLessThanOrEqual(1e-4);
    expect(relativeDifference(logits!.data as Float32Array, first('logits', 1008))).toBeLessThanOrEqual(1e-4);
  }
});

test('pictures of another size are refused, and an Inception draws nothing', async () => {
  const [inputs, out] = [join(folder, 'small.safetensors'), join(folder, 'none.safetensors')];
  await writeSafetensors(inputs, { pixel_values: floats([1, 3, 64, 64]) });
  const run = (model: string) => inkstone.run(['run', 'inception', '--model', model, '--inputs', inputs, '--out', out]);
  expect(await run(join(folder, 'pt_inception.pth'))).toMatchObject({
    code: 1,
    stderr: [expect.stringContaining('pixel_values should be [1, 3, 299, 299], got [1, 3, 64, 64]')],
  });
  const generated = await inkstone.run([
    'generate',
    '--model',
    join(folder, 'pt_inception.pth'),
    '--prompt',
    'a',
    '--out',
    out,
  ]);
  expect(generated.code).toBe(1);
  expect(generated.stderr.at(-1)).toContain('is an Inception network and makes no pictures');
});
