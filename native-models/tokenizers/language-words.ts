/**
 * SentencePiece models are trained to join nothing across the beginning of a word, but their tokenizers take a whole
 * text as one word: ten seconds for a megabyte. Where the merges show that it cannot make a difference, the text is
 * split before each word, and equal words are then joined once.
 */
import type { Json, JsonObject } from '../architectures/config-reader.js';

/** One or more spaces (U+2581) and what follows, up to the next space. */
const WORDS = '\u2581+[^\u2581]*|[^\u2581]+';

/** The pre-tokenizer of a `tokenizer.json`, with the split into words added where it is exact. */
export function splitIntoWords(tokenizer: JsonObject): Json {
  const { pre_tokenizer: given = null, model } = tokenizer;
  if (!isObject(model) || model['type'] !== 'BPE' || !Array.isArray(model['merges'])) return given;
  if (model['ignore_merges'] === true) return given;
  if (given !== null && !(isObject(given) && given['type'] === 'Metaspace')) return given;
  // A merge across the beginning of a word: something that is no space joined to something that begins with one.
  if ((model['merges'] as readonly Json[]).some((merge) => /[^\u2581]\u2581/u.test(joined(merge)))) return given;
  const split = { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Isolated', invert: false };
  return given === null ? split : { type: 'Sequence', pretokenizers: [given, split] };
}

/** What a merge makes: of `"a b"` or `["a", "b"]`. */
export function joined(merge: Json): string {
  if (typeof merge === 'string') return merge.replace(' ', '');
  return Array.isArray(merge)
    ? (merge as readonly Json[]).map((half) => (typeof half === 'string' ? half : '')).join('')
    : '';
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
