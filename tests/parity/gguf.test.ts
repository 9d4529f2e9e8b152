/**
 * GGUF files against gguf 0.19.0 and transformers 5.23 (goldens: `make_gguf.py`).
 *
 * Blocks: the same bits. Repacked for MatMulNBits and multiplied out in float64: the same values, where a minimum has to
 * be rounded to within a unit in its last place. Models: logits within 1e-4 of the largest, in products of float32; in
 * those of int8, which round each activation to one part in 254 of its block's largest, within 5%.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, it } from 'vitest';

import { openLanguageNetwork } from '../../native-models/runtime/language-network.js';
import { blockFormats } from '../../native-models/weight-formats/gguf/block-formats.js';
import { dequantize } from '../../native-models/weight-formats/gguf/dequantize.js';
import { prepareGguf, readLanguageGguf } from '../../native-models/weight-formats/gguf/language-gguf.js';
import { repackRows } from '../../native-models/weight-formats/gguf/repack.js';
import { operatorsOnCpu } from './operators-on-cpu.js';
import { goldenNames, readGolden, relativeDifference } from './golden.js';

const folder = fileURLToPath(new URL('./goldens/gguf/', import.meta.url));
const cacheFolder = mkdtempSync(join(tmpdir(), 'inkstone-gguf-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));

describe('blocks', () => {
  for (const type of goldenNames('gguf/blocks')) {
    const golden = readGolden<{ blocks: number }>('gguf/blocks', type);
    const bytes = golden.tensor('bytes').data as Uint8Array;
    const values = golden.floats('values');

    it(`${type} has the bits of the reference`, () => {
      const ours = dequantize(type, bytes);
      expect(wordsOf(ours)).toEqual(wordsOf(values));
    });

    const format = blockFormats.get(type);
    if (format === undefined) continue;
    it(`${type} repacked is the same`, () => {
      const K = format.blockSize * 2;
      const { packed, scales, minimums } = repackRows(format, bytes, K);
      const wrong = [...values.entries()].filter(([i, value]) => {
        const byte = packed[format.bits === 4 ? i >> 1 : i]!;
        const stored = format.bits === 4 ? ((byte >> (4 * (i & 1))) & 15) - 8 : byte - 128;
        const product = stored * scales[Math.floor(i / format.group)]!; // exact in float64
        if (!format.hasMinimums) return product !== value;
        // A minimum is rounded once, and so is the reference's value.
        const minimum = minimums[Math.floor(i / format.group)]!;
        return Math.abs(product + minimum - value) > 2 ** -23 * (Math.abs(minimum) + Math.abs(value));
      });
      expect(wrong).toEqual([]);
    });
  }
});

describe('models', () => {
  for (const name of goldenNames('gguf')) {
    const golden = readGolden<{ purpose: string; types: readonly string[] }>('gguf', name);
    const ids = [...(golden.tensor('in.input_ids').data as BigInt64Array)].map(Number);
    const logits = golden.floats('out.logits');

    it(`${name} (${golden.description.types.join(', ')}) has the logits of transformers`, async () => {
      const model = await prepareGguf(await readLanguageGguf(join(folder, `${name}.gguf`)), { cacheFolder });
      const exact = await openLanguageNetwork(model, { device: 'cpu', quantizedCompute: 'float32' });
      const whole = await exact.forward(ids, 'all');
      expect(relativeDifference(whole, logits)).toBeLessThanOrEqual(1e-4);

      exact.truncate(0);
      const pieces = [ids.slice(0, 5), ids.slice(5, 6), ids.slice(6)];
      const inPieces: number[] = [];
      for (const piece of pieces) inPieces.push(...(await exact.forward(piece, 'all')));
      await exact.release();
      expect(relativeDifference(inPieces, logits)).toBeLessThanOrEqual(1e-4);

      const quick = await openLanguageNetwork(model, { device: 'cpu' });
      const rough = await quick.forward(ids, 'all');
      await quick.release();
      expect(relativeDifference(rough, logits)).toBeLessThanOrEqual(5e-2);
    });
  }
});

describe.runIf(process.env['VK_ICD_FILENAMES'])('on WebGPU', () => {
  it.each(['llama-k-quants', 'llama-blocks-of-32'])('%s has the logits of transformers', async (name) => {
    const golden = readGolden('gguf', name);
    const ids = [...(golden.tensor('in.input_ids').data as BigInt64Array)].map(Number);
    const model = await prepareGguf(await readLanguageGguf(join(folder, `${name}.gguf`)), { cacheFolder });
    const profile = join(cacheFolder, `${name}-profile`);
    const options = { device: 'webgpu', quantizedCompute: 'float32', profile } as const;
    const network = await openLanguageNetwork(model, options);
    const logits = [
      ...(await network.forward(ids.slice(0, 20), 'all')),
      ...(await network.forward(ids.slice(20), 'all')),
    ];
    await network.release();
    expect(relativeDifference(logits, golden.floats('out.logits'))).toBeLessThanOrEqual(1e-4);
    expect(await operatorsOnCpu(profile)).toEqual([]);
  });
});

function wordsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
