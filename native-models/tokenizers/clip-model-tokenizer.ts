/** The tokenizer of a whole CLIP: its own files, else OpenAI's vocabulary where its text tower was trained with that. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ModelError } from '../errors.js';
import type { ClipFiles } from '../weight-formats/component-folder.js';
import type { ClipTokenizer } from './clip-tokenizer.js';
import { openAIClipTokenizer, openAIVocabularySize } from './openai-clip-vocabulary.js';
import { readClipTokenizer, type ClipTokenizerFiles } from './read-clip-tokenizer.js';

/** @param openAIMerges OpenAI's `bpe_simple_vocab_16e6.txt.gz` */
export async function clipModelTokenizer(files: ClipFiles, openAIMerges: string): Promise<ClipTokenizer> {
  const { text } = files.config;
  if (text === null) {
    throw new ModelError('unfit-model', `${files.label} holds CLIP’s vision tower alone: it reads no text.`, {
      file: files.folder,
    });
  }
  const own = await tokenizerFiles(files.folder);
  if (own) return readClipTokenizer(own, text.positions);
  if (text.vocabularySize === openAIVocabularySize) return openAIClipTokenizer(openAIMerges, text.positions);
  const sentence = `${files.label} has no tokenizer (vocab.json and merges.txt, or tokenizer.json), and with ${text.vocabularySize} tokens its vocabulary is not OpenAI’s: put its tokenizer’s files beside it.`;
  throw new ModelError('missing-file', sentence, { file: files.folder });
}

async function tokenizerFiles(folder: string): Promise<ClipTokenizerFiles | null> {
  const names = await readdir(folder);
  const has = (...wanted: string[]): boolean => wanted.every((name) => names.includes(name));
  if (!has('vocab.json', 'merges.txt') && !has('tokenizer.json')) return null;
  const texts = names.filter((name) => /\.(json|txt)$/.test(name));
  return { folder, files: Object.fromEntries(texts.map((name) => [name, path.join(folder, name)])) };
}
