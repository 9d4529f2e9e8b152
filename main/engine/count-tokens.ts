import { basename } from 'node:path';
import type { TokenCount } from '../../app/contracts/generation.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import type { ClipTokenizer } from '../../native-models/tokenizers/clip-tokenizer.js';
import { readPromptTokenizer } from '../../native-models/tokenizers/prompt-tokenizer.js';
import { readPictureModel } from '../../native-models/weight-formats/read-picture-model.js';
import { openModelOf } from './loaded-model.js';
import { openAIMerges } from './openai-merges.js';

/** Asked at every pause of typing: the last model's tokenizer is kept. */
let last: { readonly modelPath: string; readonly tokenizer: Promise<ClipTokenizer> } | null = null;

export async function countTokens({ modelPath, text }: { modelPath: string; text: string }): Promise<TokenCount> {
  const tokenizer = openModelOf(modelPath)?.tokenizer ?? (await tokenizerOf(modelPath));
  return { tokens: tokenizer.tokenize(text).length, limit: tokenizer.chunkLength };
}

function tokenizerOf(modelPath: string): Promise<ClipTokenizer> {
  if (last?.modelPath !== modelPath) {
    const tokenizer = readTokenizer(modelPath);
    last = { modelPath, tokenizer };
    tokenizer.catch(() => (last = null)); // one that could not be read is tried again
  }
  return last.tokenizer;
}

async function readTokenizer(modelPath: string): Promise<ClipTokenizer> {
  const { tokenizer, textEncoder } = await readPictureModel(modelPath);
  if (tokenizer !== null && textEncoder !== null) {
    return readPromptTokenizer(tokenizer, textEncoder.config.positions, openAIMerges);
  }
  throw new StudioError('unfit-model', `${basename(modelPath)} has no tokenizer that counts a prompt.`, {
    file: modelPath,
  });
}
