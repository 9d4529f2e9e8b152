/**
 * CLIP's tokenizer: Radford et al. 2021, "Learning transferable visual models from natural language supervision".
 * From a prompt to the ids that a CLIP text model takes.
 *
 * Reference: transformers 5.23, CLIPTokenizer. The ids are the same, quirks included:
 *  - a special token that a person types (`<|endoftext|>`; in SD 2 and SDXL's second tokenizer also `!`, their
 *    padding) is that token and not text. The text model pools at the first end token.
 *  - nothing is mended as in OpenAI's own code, which undoes HTML entities and broken encodings first.
 *
 * Why not @huggingface/tokenizers 0.2.0, which the language models use: it gives other ids for a final Greek sigma
 * and for special tokens in capitals, and takes its patterns from files, where a bad one can hang.
 */
import { BytePairEncoder, spell, type BytePairs } from './byte-pair-encoding.js';

export interface ClipTokenizerParts {
  readonly pairs: BytePairs;
  /** Places for ids, begin and end included: 77 in Stable Diffusion. */
  readonly maxLength: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  /** Tokens that are looked for before anything else. */
  readonly special: readonly SpecialToken[];
}

export interface SpecialToken {
  readonly content: string;
  readonly id: number;
  /** Looked for in the text as typed (false), or after lower-casing (true). */
  readonly normalized: boolean;
}

export interface EncodedPrompt {
  /** Exactly `maxLength` of them: begin, tokens, end, padding. */
  readonly ids: readonly number[];
  /** Tokens of the whole prompt, without begin and end. */
  readonly tokens: number;
  /** How many of them, from the end, found no place. */
  readonly truncated: number;
  /** Their text, as far as tokens tell it (lower case, spaces between words); empty when all found a place. */
  readonly leftOut: string;
}

/** Contractions, words, single digits, runs of signs; white space between them goes. Lower case is given. */
const WORDS = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** GPT-2's split, made of each of those once more: it only takes apart a special token that came of capitals. */
const PARTS = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}+|[^\p{White_Space}\p{L}\p{N}]+/gu;

export class ClipTokenizer {
  readonly maxLength: number;
  readonly #parts: ClipTokenizerParts;
  readonly #encoder: BytePairEncoder;
  readonly #asTyped: readonly SpecialToken[];
  readonly #normalized: readonly SpecialToken[];

  constructor(parts: ClipTokenizerParts) {
    this.maxLength = parts.maxLength;
    this.#parts = parts;
    this.#encoder = new BytePairEncoder(parts.pairs);
    this.#asTyped = parts.special.filter(({ normalized }) => !normalized);
    this.#normalized = parts.special.filter(({ normalized }) => normalized);
  }

  /** How many tokens of a prompt the text model reads at once: all places but begin and end. */
  get chunkLength(): number {
    return this.maxLength - 2;
  }

  /** A prompt as one chunk. What finds no place in it is left out, and told. */
  encode(prompt: string): EncodedPrompt {
    const tokens = this.tokenize(prompt);
    const dropped = tokens.slice(this.chunkLength);
    return {
      ids: this.frame(tokens.slice(0, this.chunkLength)),
      tokens: tokens.length,
      truncated: dropped.length,
      leftOut: spell(dropped.map((id) => this.#encoder.tokenText(id))),
    };
  }

  /** A chunk as the text model takes it: begin, ids, end, padding. */
  frame(chunk: readonly number[]): number[] {
    const { startId, endId, padId } = this.#parts;
    return Array.from({ length: this.maxLength }, (_, place) => {
      if (place === 0) return startId;
      return chunk[place - 1] ?? (place === chunk.length + 1 ? endId : padId);
    });
  }

  /** All tokens of a prompt, however many, without begin, end and padding. */
  tokenize(prompt: string): number[] {
    const ids: number[] = [];
    // 1. special tokens as typed; what stands between them is text of its own
    for (const section of cutOut(prompt, this.#asTyped)) {
      if (typeof section !== 'string') {
        ids.push(section.id);
        continue;
      }
      // 2. one way to write each letter, one space for all white space, lower case
      const text = lowerCase(section.normalize('NFC').replace(/\p{White_Space}+/gu, ' '));
      // 3. special tokens that are looked for only now
      for (const piece of cutOut(text, this.#normalized)) {
        if (typeof piece === 'string') this.#tokenizeText(piece, ids);
        else ids.push(piece.id);
      }
    }
    return ids;
  }

  #tokenizeText(text: string, ids: number[]): void {
    // 4. words, and of each its bytes, joined pair by pair
    for (const [word] of text.matchAll(WORDS)) {
      for (const [part] of word.matchAll(PARTS)) {
        for (const id of this.#encoder.encode(part)) ids.push(id);
      }
    }
  }
}

/** Text and special tokens in turn. Of two tokens at one place, the longer one counts. */
function cutOut(text: string, special: readonly SpecialToken[]): (string | SpecialToken)[] {
  if (special.length === 0) return [text];
  const byContent = new Map(special.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(`(${longestFirst.map(escapeForRegExp).join('|')})`, 'u');
  return text
    .split(any)
    .filter((piece) => piece !== '')
    .map((piece) => byContent.get(piece) ?? piece);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (sign) => `\\${sign}`);
}

/** Letter by letter: a sigma at the end of a word is no exception. */
function lowerCase(text: string): string {
  return text.includes('\u03a3') ? Array.from(text, (letter) => letter.toLowerCase()).join('') : text.toLowerCase();
}
