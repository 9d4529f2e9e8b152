/**
 * The CLIP tokenizer against transformers 5.23 (goldens: `make_tokenizer.py`): identical ids.
 *
 * The embedded model's vocabulary lies with it; OpenAI's, which every CLIP of OpenAI and OpenCLIP has, is made from its
 * merges in embedded/clip-vocabulary.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ClipTokenizer } from '../../native-models/tokenizers/clip-tokenizer.js';
import { openAIClipTokenizer } from '../../native-models/tokenizers/openai-clip-vocabulary.js';
import { readClipTokenizer } from '../../native-models/tokenizers/read-clip-tokenizer.js';
import { readGolden } from './golden.js';

interface TokenizerGolden {
  readonly maxLength: number;
  readonly texts: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly padded: readonly number[];
  }[];
}

const embedded = fileURLToPath(new URL('../../native-models/embedded/', import.meta.url));
const merges = join(embedded, 'clip-vocabulary', 'bpe_simple_vocab_16e6.txt.gz');

describe('the embedded tokenizer', () => {
  const folder = join(embedded, 'pictures', 'tokenizer');
  const files = Object.fromEntries(readdirSync(folder).map((file) => [file, join(folder, file)]));
  compare('embedded', (positions) => readClipTokenizer({ folder, files }, positions));
});

describe('OpenAI’s vocabulary', () => compare('openai', (positions) => openAIClipTokenizer(merges, positions)));

describe('OpenAI’s vocabulary, padded with "!"', () =>
  compare('openai-pad-0', (positions) => openAIClipTokenizer(merges, positions, '!')));

function compare(name: string, read: (positions: number) => Promise<ClipTokenizer>): void {
  const { maxLength, texts } = readGolden<TokenizerGolden>('tokenizer', name).description;
  const reading = read(maxLength);

  it.each(texts)('$text has the ids of the reference', async ({ text, ids, padded }) => {
    const tokenizer = await reading;
    expect(tokenizer.tokenize(text)).toEqual(ids.slice(1, -1));
    expect(tokenizer.encode(text)).toMatchObject({
      ids: padded,
      tokens: ids.length - 2,
      truncated: Math.max(ids.length - maxLength, 0),
    });
  });
}
