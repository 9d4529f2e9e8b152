/**
 * The bytes that a token stands for. A token is often a part of a word and sometimes a part of a character, so texts
 * are put together from bytes, and only then decoded.
 *
 * Kinds, told by the decoder in `tokenizer.json`:
 *  - byte level (GPT-2, `encoder.py`): each letter of a token stands for one byte;
 *  - SentencePiece: U+2581 is a space, `<0xE2>` a byte, everything else itself; the first space of a text was put
 *    there by the tokenizer;
 *  - WordPiece: `##` continues a word, everything else begins one.
 */
import type { Json, JsonObject } from '../architectures/config-reader.js';
import { BYTE_OF_LETTER } from './byte-alphabet.js';

type Kind = 'byte-level' | 'sentence-piece' | 'word-piece';

export class TokenBytes {
  readonly #kind: Kind;
  readonly #byteFallback: boolean;
  /** A text that begins here loses its first space. */
  readonly dropsFirstSpace: boolean;

  constructor(tokenizer: JsonObject) {
    const decoders = flatten(tokenizer['decoder'], 'decoders');
    const types = new Set(decoders.map(({ type }) => type));
    const model = tokenizer['model'] as JsonObject;
    const byteLevel = types.has('ByteLevel') || flatten(tokenizer['pre_tokenizer'], 'pretokenizers').some(({ type }) => type === 'ByteLevel'); // prettier-ignore
    this.#kind = byteLevel ? 'byte-level' : types.has('WordPiece') || model['type'] === 'WordPiece' ? 'word-piece' : 'sentence-piece'; // prettier-ignore
    this.#byteFallback = types.has('ByteFallback') || model['byte_fallback'] === true;
    this.dropsFirstSpace =
      this.#kind === 'word-piece' ||
      decoders.some(({ type, content, start }) => type === 'Strip' && content === ' ' && typeof start === 'number' && start > 0) || // prettier-ignore
      decoders.some(({ type, prepend_scheme: scheme, add_prefix_space: adds }) => type === 'Metaspace' && scheme !== 'never' && adds !== false); // prettier-ignore
  }

  /** Of a token as it stands in the vocabulary. */
  of(token: string): Uint8Array {
    switch (this.#kind) {
      case 'byte-level':
        return byteLevel(token);
      case 'word-piece':
        return utf8(token.startsWith('##') ? token.slice(2) : ` ${token}`);
      case 'sentence-piece': {
        const byte = this.#byteFallback ? /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1] : undefined;
        return byte === undefined ? utf8(token.replaceAll('\u2581', ' ')) : Uint8Array.of(parseInt(byte, 16));
      }
    }
  }
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A token with a letter that stands for no byte was added as a whole and stands for itself. */
function byteLevel(token: string): Uint8Array {
  const bytes: number[] = [];
  for (const letter of token) {
    const byte = BYTE_OF_LETTER.get(letter);
    if (byte === undefined) return utf8(token);
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** A step and, in a sequence, the steps in it. */
function flatten(step: Json | undefined, list: string): JsonObject[] {
  if (typeof step !== 'object' || step === null || Array.isArray(step)) return [];
  const object = step as JsonObject;
  const inner = object[list];
  return Array.isArray(inner) ? (inner as readonly Json[]).flatMap((one) => flatten(one, list)) : [object];
}
