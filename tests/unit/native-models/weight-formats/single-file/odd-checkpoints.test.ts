/** Checkpoints with a tensor lost, of another shape or of another name are read and fit, or are refused in one sentence. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ModelError } from '../../../../../native-models/errors.js';
import { requireFit } from '../../../../../native-models/runtime/open-network.js';
import { readSingleFile } from '../../../../../native-models/weight-formats/single-file/read-single-file.js';
import { singleFileGolden } from '../../../../parity/single-file-model.js';
import { uniform } from '../../../../parity/seeded-weights.js';

vi.setConfig({ testTimeout: 60_000 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'odd-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Names and shapes, and no numbers. */
async function writeSparse(file: string, shapes: Readonly<Record<string, readonly number[]>>): Promise<void> {
  let end = 0;
  const header = Object.entries(shapes).map(([name, shape]) => {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: 'F16', shape, data_offsets: [end, (end += bytes)] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const handle = await open(file, 'w');
  await handle.write(Buffer.concat([length, text]));
  await handle.truncate(8 + text.length + end);
  await handle.close();
}

const sizes = [0, 1, 2, 3, 7, 32, 64, 100, 128, 1024];

test.each(['sd1', 'sd2', 'sdxl'])('%s', async (family) => {
  const { checkpoint } = singleFileGolden(family).description;
  const names = Object.keys(checkpoint);
  let read = 0;
  let refused = 0;
  for (let round = 0; round < 60; round++) {
    const draw = (what: string, below: number): number =>
      Math.floor(((uniform(`${what} ${family}`, round) + 1) / 2) * below);
    const shapes: Record<string, readonly number[]> = {};
    const at = names[draw('name', names.length)]!;
    const kind = draw('kind', 4);
    for (const [name, { shape }] of Object.entries(checkpoint)) {
      if (name !== at) shapes[name] = shape;
      else if (kind === 1) shapes[name.replace(/\d+/, (n) => `${Number(n) + 1}x`)] = shape;
      else if (kind === 2)
        shapes[name] = shape.map((size, axis) => (axis === 0 ? sizes[draw('size', sizes.length)]! : size));
      else if (kind === 3) shapes[name] = shape.slice(draw('axes', shape.length + 1));
    }
    const file = join(folder, `${family}.safetensors`);
    await writeSparse(file, shapes);
    try {
      const { unet, vae, textEncoder, textEncoder2 } = await readSingleFile(file);
      for (const part of [unet, vae, textEncoder, textEncoder2]) if (part) requireFit(part);
      read++;
    } catch (error) {
      expect(error, `round ${round}: ${at}, ${kind}`).toBeInstanceOf(ModelError);
      expect((error as ModelError).message).toContain(family);
      refused++;
    }
  }
  expect(read + refused).toBe(60);
  expect(refused).toBeGreaterThan(40);
});
