/** The tokenizer of a picture model: its own files, or OpenAI's vocabulary where the model brings none. */
import type { OpenAITokenizer, TokenizerFiles } from '../weight-formats/picture-model.js';
import type { ClipTokenizer } from './clip-tokenizer.js';
import { openAIClipTokenizer } from './openai-clip-vocabulary.js';
import { readClipTokenizer } from './read-clip-tokenizer.js';

/** @param positions places of the text encoder: 77 @param openAIMerges OpenAI's `bpe_simple_vocab_16e6.txt.gz` */
export function readPromptTokenizer(
  tokenizer: TokenizerFiles | OpenAITokenizer,
  positions: number,
  openAIMerges: string | undefined,
): Promise<ClipTokenizer> {
  if ('files' in tokenizer) return readClipTokenizer(tokenizer, positions);
  if (openAIMerges === undefined) throw new TypeError('a model without a tokenizer needs OpenAI’s merges');
  return openAIClipTokenizer(openAIMerges, positions, tokenizer.pad === 'end' ? undefined : tokenizer.pad);
}
