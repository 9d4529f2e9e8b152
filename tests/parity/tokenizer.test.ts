/**
 * The CLIP tokenizer against transformers 5.23 (goldens: `make_tokenizer.py`): identical ids.
 *
 * The embedded model's vocabulary is in the repository. OpenAI's, which Stable Diffusion uses, is not; its golden is
 * compared where INKSTONE_CLIP_TOKENIZER names a folder that has it (the tokenizer folder of any SD 1.5 model).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
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

const EMBEDDED = fileURLToPath(new URL('../../native-models/embedded/pictures/tokenizer', import.meta.url));
const OPENAI = process.env['INKSTONE_CLIP_TOKENIZER'];

describe('the embedded tokenizer', () => compare('embedded', EMBEDDED));
if (OPENAI !== undefined) describe('OpenAI’s tokenizer', () => compare('openai', OPENAI));

function compare(name: string, folder: string): void {
  const { maxLength, texts } = readGolden<TokenizerGolden>('tokenizer', name).description;
  const files = Object.fromEntries(readdirSync(folder).map((file) => [file, join(folder, file)]));
  const reading = readClipTokenizer({ folder, files }, maxLength);

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
