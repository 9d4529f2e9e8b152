/** A whole language model out of a GGUF file: the embedded storyteller, written as one. */
import { existsSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { openLanguageNetwork } from '../../../../../native-models/runtime/language-network.js';
import { floatsToHalves } from '../../../../../native-models/weight-formats/number-formats.js';
import { prepareGguf, readLanguageGguf } from '../../../../../native-models/weight-formats/gguf/language-gguf.js';
import type { LanguageFiles } from '../../../../../native-models/weight-formats/language-folder.js';
import { readLanguageFolder } from '../../../../../native-models/weight-formats/language-folder.js';
import type { TypedValue } from './gguf-files.js';
import { byteVocabulary, gguf, scratchFolder } from './gguf-files.js';
import type { Encode } from './storyteller-tensors.js';
import { asFloats, asHalves, storyteller, storytellerPairs, storytellerTensors } from './storyteller-tensors.js';

const scratch = scratchFolder();
const story = [1, 403, 407, 261, 378]; // <s> Once upon a time

const pairs: Readonly<Record<string, TypedValue>> = {
  ...storytellerPairs,
  ...byteVocabulary,
};

/** Q8_0 where rows are whole blocks, halves elsewhere: the storyteller's feed-forward width is none of 32. */
const asQ8: Encode = (values, columns) => {
  if (columns % 32 !== 0) return asHalves(values, columns);
  const bytes = new Uint8Array((values.length / 32) * 34);
  for (let block = 0; block * 32 < values.length; block++) {
    const part = values.subarray(32 * block, 32 * block + 32);
    const scale = part.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    bytes.set(new Uint8Array(floatsToHalves(Float32Array.of(scale)).buffer), 34 * block);
    for (const [j, value] of part.entries()) bytes[34 * block + 2 + j] = Math.round(value / scale) & 255;
  }
  return { type: 8, bytes };
};

async function asGguf(name: string, encode: Encode): Promise<string> {
  return scratch.put(name, gguf({ pairs, tensors: await storytellerTensors(encode) }));
}

async function continued(files: LanguageFiles, tokens: number): Promise<number[]> {
  const network = await openLanguageNetwork(files, { device: 'cpu', quantizedCompute: 'float32' });
  try {
    const ids: number[] = [];
    let logits = await network.forward(story, 'last');
    while (ids.length < tokens) {
      ids.push(logits.indexOf(logits.reduce((a, b) => Math.max(a, b))));
      logits = await network.forward(ids.slice(-1), 'last');
    }
    return ids;
  } finally {
    await network.release();
  }
}

describe('the storyteller', () => {
  test.each([
    ['F32', asFloats, 0],
    ['F16', asHalves, 0],
    ['Q8_0', asQ8, 1],
  ])('in %s tells the story that its folder tells', async (type, encode, repacked) => {
    const model = await readLanguageGguf(await asGguf(`story.${type}.gguf`, encode));
    expect(model).toMatchObject({ dtype: type, endTokens: [2], parameters: 260_032 });
    expect(model.repackedBytes > 0).toBe(repacked > 0);
    const cacheFolder = path.join(scratch.path(), `cache ${type}`);
    const ready = await prepareGguf(model, { cacheFolder });
    expect(existsSync(cacheFolder)).toBe(repacked > 0); // plain floats run from the file itself
    expect(await continued(ready, 40)).toEqual(await continued(await readLanguageFolder(storyteller), 40));
  });

  test('does not run before it is prepared, and says in which format it is', async () => {
    const model = await readLanguageGguf(await asGguf('raw.gguf', asQ8));
    await expect(openLanguageNetwork(model, { device: 'cpu' })).rejects.toThrow(
      'raw.gguf: model.embed_tokens.weight is stored as Q8_0',
    );
  });

  test('with a layer more than its keys say is refused', async () => {
    const fewer = { ...pairs, 'llama.block_count': { u32: 4 } };
    const file = await scratch.put('more.gguf', gguf({ pairs: fewer, tensors: await storytellerTensors(asHalves) }));
    const model = await prepareGguf(await readLanguageGguf(file), { cacheFolder: scratch.path() });
    await expect(openLanguageNetwork(model, { device: 'cpu' })).rejects.toThrow(
      'more.gguf holds 9 tensors that its config.json has no place for',
    );
  });

  test('in a format that does not run is refused by name', async () => {
    const tensors = (await storytellerTensors(asHalves)).map((tensor) =>
      tensor.name === 'blk.0.attn_v.weight'
        ? { ...tensor, shape: [1, 256], type: 10, bytes: new Uint8Array(84) }
        : tensor,
    );
    await expect(readLanguageGguf(await scratch.put('q2.gguf', gguf({ pairs, tensors })))).rejects.toThrow(
      'q2.gguf: blk.0.attn_v.weight is stored as Q2_K, which does not run here yet; F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K do. Get another quantisation of this model, Q4_K_M for one.',
    );
  });
});
