/**
 * Control tokens of a language model: begin, end, turn marks. They mean something only when the studio or a template
 * puts them there; typed by a person they are letters.
 *
 * To make that sure and not merely likely, the tokenizer's library is given them under sealed names that no text can
 * hold: a sealed name has lone surrogates, and the texts that it is given are well-formed.
 */
import type { Json, JsonObject } from '../architectures/config-reader.js';
import { joined, splitIntoWords } from './language-words.js';

/** Settings that name a control token, in `tokenizer_config.json`. */
const NAMED = ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token', 'mask_token'];

/** DeepSeek's turn marks and others are listed as ordinary tokens; this is how control tokens look. */
const LOOKS_LIKE_CONTROL = /^<[|｜].*[|｜]>$|^<unused\d+>$|^<\/?(?:start|end)_of_turn>$/su;

/** Ids and texts of the control tokens of a `tokenizer.json` and its settings. */
export function controlTokens(
  tokenizer: JsonObject,
  settings: JsonObject,
  vocabulary: ReadonlyMap<string, number>,
): Map<number, string> {
  // prettier-ignore
  const named = new Set(NAMED.map((name) => tokenText(settings[name])).filter((text) => text !== null));
  const more = settings['additional_special_tokens'];
  if (Array.isArray(more)) for (const text of more.map(tokenText)) if (text !== null) named.add(text);

  const control = new Map<number, string>();
  for (const token of addedTokens(tokenizer)) {
    const { id, content, special } = token;
    if (content.trim() === '') continue; // white space with an id of its own is text, whatever its file says
    if (special || named.has(content) || LOOKS_LIKE_CONTROL.test(content)) control.set(id, content);
  }
  for (const text of named) {
    const id = vocabulary.get(text);
    if (id !== undefined && text.trim() !== '') control.set(id, text);
  }
  return control;
}

/** `"<s>"` or `{"content": "<s>", …}`; null where there is none. */
export function tokenText(setting: Json | undefined): string | null {
  if (typeof setting === 'string') return setting;
  if (!isObject(setting)) return null;
  const content = setting['content'];
  return typeof content === 'string' ? content : null;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly json: JsonObject;
}

export function addedTokens(tokenizer: JsonObject): AddedToken[] {
  const list = tokenizer['added_tokens'];
  if (!Array.isArray(list)) return [];
  return (list as readonly Json[]).flatMap((json) => {
    if (!isObject(json)) return [];
    const { id, content, special } = json;
    if (typeof id !== 'number' || typeof content !== 'string' || content === '') return [];
    return [{ id, content, special: special === true, json }];
  });
}

export function sealedName(id: number): string {
  return `\udc00${id}\udc00`;
}

/** A text that holds no sealed name, and is the same in UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** The same `tokenizer.json`, its control tokens under sealed names, and no more than the library needs. */
export function sealControlTokens(tokenizer: JsonObject, control: ReadonlyMap<number, string>): JsonObject {
  const sealed = new Map(Array.from(control, ([id, content]) => [content, sealedName(id)]));
  const added = addedTokens(tokenizer);
  return {
    normalizer: tokenizer['normalizer'] ?? null,
    pre_tokenizer: splitIntoWords(tokenizer),
    post_processor: null, // begin and end are put by LanguageTokenizer
    decoder: null, // bytes are read by TokenBytes
    model: sealModel(tokenizer['model'] as JsonObject, sealed),
    added_tokens: [
      ...added.filter(({ id }) => !control.has(id)).map(({ json }) => json),
      ...Array.from(control.keys(), (id) => ({
        ...added.find((token) => token.id === id)?.json,
        id,
        content: sealedName(id),
        special: true,
        normalized: false,
      })),
    ],
  };
}

function sealModel(model: JsonObject, sealed: ReadonlyMap<string, string>): JsonObject {
  const name = (text: string): string => sealed.get(text) ?? text;
  const { vocab, merges, unk_token: unknown } = model;
  return {
    ...model,
    ...(typeof unknown === 'string' ? { unk_token: name(unknown) } : {}),
    // Unigram lists pairs of text and score, the others map texts to ids.
    vocab: Array.isArray(vocab)
      ? (vocab as readonly Json[]).map((entry) =>
          Array.isArray(entry) && typeof entry[0] === 'string' && sealed.has(entry[0])
            ? [name(entry[0]), ...(entry as readonly Json[]).slice(1)]
            : entry,
        )
      : Object.fromEntries(Object.entries(vocab as JsonObject).map(([text, id]) => [name(text), id])),
    // Pieces of text must not be joined to what was a control token: it has another name now and would be lost.
    ...(Array.isArray(merges) ? { merges: (merges as readonly Json[]).filter((merge) => !sealed.has(joined(merge))) } : {}), // prettier-ignore
  };
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
