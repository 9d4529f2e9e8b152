/**
 * CLIP's tokenizer from OpenAI's own file of merges, `bpe_simple_vocab_16e6.txt.gz`, for models that bring no tokenizer:
 * every CLIP of OpenAI, OpenCLIP and Stable Diffusion has this vocabulary.
 *
 * Reference: openai/CLIP, clip/simple_tokenizer.py, for the numbering: 256 bytes (the printable ones first), the same at a
 * word's end, the merges in order of rank, begin, end. Ids are those of transformers 5.23, CLIPTokenizer.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ModelError } from '../errors.js';
import { BYTE_ALPHABET } from './byte-alphabet.js';
import { END_OF_WORD } from './byte-pair-encoding.js';
import { ClipTokenizer } from './clip-tokenizer.js';

/** How many tokens it has, which tells a text tower that was trained with it. */
export const openAIVocabularySize = 49_408;

/** What the file has beyond them was cut off when CLIP was trained. */
const merges = openAIVocabularySize - 2 * 256 - 2;

/**
 * @param positions places of the text tower: 77
 * @param pad what fills them up; the end token unless told. It is a special token then: Stable Diffusion 2 pads with "!",
 * and a "!" in its prompts is that token and not the word.
 */
export async function openAIClipTokenizer(file: string, positions: number, pad?: string): Promise<ClipTokenizer> {
  const pairs = await readMerges(file);
  // Characters from U+0100 on stand for bytes that cannot be printed, and come last.
  const letters = BYTE_ALPHABET.toSorted((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const [start, end] = ['<|startoftext|>', '<|endoftext|>'];
  const texts = [
    ...letters,
    ...letters.map((letter) => letter + END_OF_WORD),
    ...pairs.map((pair) => pair.join('')),
    ...[start, end],
  ];
  const vocabulary = new Map(texts.map((text, id) => [text, id]));
  const [startId, endId] = [openAIVocabularySize - 2, openAIVocabularySize - 1];
  const padId = pad === undefined ? endId : vocabulary.get(pad);
  if (padId === undefined) throw new TypeError(`CLIP's vocabulary has no ${pad}`);
  return new ClipTokenizer({
    pairs: { vocabulary, merges: pairs, unknownId: endId },
    maxLength: positions,
    startId,
    endId,
    padId,
    special: [
      { content: start, id: startId, normalized: false },
      { content: end, id: endId, normalized: false },
      ...(pad === undefined ? [] : [{ content: pad, id: padId, normalized: false }]),
    ],
  });
}

/** The first line tells a version. */
async function readMerges(file: string): Promise<[string, string][]> {
  const broken = (cause?: unknown): ModelError =>
    new ModelError('bad-file', `${basename(file)} is not OpenAI’s list of merges: install the studio again.`, {
      file,
      cause,
    });
  const packed = await readFile(file).catch((cause: unknown) => {
    throw new ModelError('missing-file', `${basename(file)} is not there: install the studio again.`, { file, cause });
  });
  const text = await promisify(gunzip)(packed, { maxOutputLength: 16e6 }).catch((cause: unknown) => {
    throw broken(cause);
  });
  const lines = text
    .toString('utf8')
    .split('\n')
    .slice(1, merges + 1);
  const pairs = lines.map((line) => line.split(' ')).filter((pair): pair is [string, string] => pair.length === 2);
  if (pairs.length !== merges) throw broken();
  return pairs;
}
