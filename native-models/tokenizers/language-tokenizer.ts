/**
 * The tokenizer of a language model: byte pair encoding, SentencePiece (as merges or unigram) or WordPiece, by
 * `@huggingface/tokenizers` from the model's own `tokenizer.json`, or from an object of that form that was made from
 * the vocabulary of a GGUF file.
 *
 * What the library is not asked for: begin and end tokens (put here, once), control tokens (language-control-tokens.ts:
 * what people type never becomes one) and decoding (language-stream-decoder.ts: token by token).
 *
 * Reference: transformers 5.23, `AutoTokenizer`, with `split_special_tokens` for what is typed.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import type { Json, JsonObject } from '../architectures/config-reader.js';
import { withDeadline } from '../deadline.js';
import { ModelError } from '../errors.js';
import { addedTokens, controlTokens, sealControlTokens, sealedName, tokenText, wellFormed } from './language-control-tokens.js'; // prettier-ignore
import { TokenBytes, utf8 } from './language-token-bytes.js';
import { escapeForRegExp, isDisguised, reveal } from './language-typed-text.js';

/** Patterns come from the model's files and can be made to hang; a megabyte of text takes about a second. */
const ENCODE_DEADLINE_MS = 20_000;

/** Names that end an answer in one family or another. */
const END_TOKENS = ['<|im_end|>', '<|eot_id|>', '<|eom_id|>', '<end_of_turn>', '<|end|>', '<|endoftext|>', '<|end_of_text|>', '</s>']; // prettier-ignore

export class LanguageTokenizer {
  /** Put before a text when `addsBos`; null when the model has none. */
  readonly bosId: number | null;
  readonly eosId: number | null;
  /** Whether a text begins with `bosId`. */
  readonly addsBos: boolean;
  /** The texts of the control tokens, by their ids. */
  readonly control: ReadonlyMap<number, string>;
  /** What templates call them. */
  readonly bosToken: string | null;
  readonly eosToken: string | null;
  /** A text decoded from its begin on loses its first space. */
  readonly dropsFirstSpace: boolean;
  readonly #library: Tokenizer;
  readonly #bytes: TokenBytes;
  /** Added tokens stand for their text as it is. */
  readonly #added: ReadonlyMap<number, string>;
  readonly #anyControl: RegExp | null;
  readonly #idOfControl: ReadonlyMap<string, number>;
  readonly #label: string;

  /**
   * @param tokenizer A `tokenizer.json`.
   * @param settings Of `tokenizer_config.json`: `bos_token`, `eos_token`, `unk_token`, `add_bos_token` and the like.
   * @param label What messages call the tokenizer: its file.
   */
  constructor(tokenizer: JsonObject, settings: JsonObject, label = 'tokenizer.json') {
    this.#label = label;
    const vocabulary = vocabularyOf(tokenizer, label);
    this.control = controlTokens(tokenizer, settings, vocabulary);
    this.#idOfControl = new Map(Array.from(this.control, ([id, text]) => [text, id]));
    this.#added = new Map(addedTokens(tokenizer).map(({ id, content }) => [id, content]));
    this.#bytes = new TokenBytes(tokenizer);
    this.dropsFirstSpace = this.#bytes.dropsFirstSpace;
    try {
      this.#library = withDeadline(ENCODE_DEADLINE_MS, `${label}: the tokenizer took too long to read.`, () => new Tokenizer(sealControlTokens(tokenizer, this.control), settings)); // prettier-ignore
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      throw new ModelError('bad-file', `${label} cannot be used as a tokenizer (${sentence(cause)}): download the model again.`, { cause }); // prettier-ignore
    }

    const idOf = (name: string): number | null => {
      const text = tokenText(settings[name]);
      return text === null ? null : (this.#idOfControl.get(text) ?? vocabulary.get(text) ?? null);
    };
    const putFirst = firstSpecialToken(tokenizer['post_processor']);
    const adds = settings['add_bos_token'];
    this.bosId = idOf('bos_token') ?? (putFirst === null ? null : (this.#idOfControl.get(putFirst) ?? null));
    this.eosId = idOf('eos_token');
    this.addsBos = this.bosId !== null && (typeof adds === 'boolean' ? adds : putFirst !== null);
    this.bosToken = this.bosId === null ? null : (this.control.get(this.bosId) ?? null);
    this.eosToken = this.eosId === null ? null : (this.control.get(this.eosId) ?? null);
    this.#anyControl = anyOf([...this.control.values()].filter((text) => !isDisguised(text)));
  }

  /** Ids of what people type, without begin and end. A control token in it is text, whatever it says. */
  encode(typed: string): number[] {
    return this.#encode(wellFormed(typed));
  }

  /** Ids of a text that the model continues as it stands: begin token first, if the model has one. */
  encodeText(typed: string): number[] {
    return this.#begun(this.encode(typed));
  }

  /**
   * Ids of a rendered template in which all that people and models wrote is disguised (language-typed-text.ts): only
   * control tokens that the template wrote are control. The begin token is put first if the model wants one and the
   * template has not written it.
   */
  encodeTemplate(rendered: string): number[] {
    const pieces = this.#anyControl === null ? [rendered] : rendered.split(this.#anyControl);
    // Every second piece is a control token. One text for the library: a word's place in it can matter.
    const text = pieces.map((piece, i) => (i % 2 === 1 ? sealedName(this.#idOfControl.get(piece)!) : wellFormed(reveal(piece)))); // prettier-ignore
    return this.#begun(this.#encode(text.join('')));
  }

  /** Tokens after which an answer is over: the model's own (`generation_config.json`), and those known by name. */
  stopIds(ofModel: readonly number[]): ReadonlySet<number> {
    const byName = END_TOKENS.map((name) => this.#idOfControl.get(name)).filter((id) => id !== undefined);
    return new Set([...ofModel, ...(this.eosId === null ? [] : [this.eosId]), ...byName]);
  }

  /** The bytes that a token adds to a text; none for a control token and for an id with no token. */
  bytesOf(id: number): Uint8Array {
    return this.control.has(id) ? new Uint8Array() : this.#bytesAsShown(id);
  }

  /** One token for people to look at: control tokens by their names, a part of a character as U+FFFD. */
  textOf(id: number): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytesAsShown(id));
  }

  #bytesAsShown(id: number): Uint8Array {
    const whole = this.control.get(id) ?? this.#added.get(id);
    if (whole !== undefined) return utf8(whole);
    const token = this.#library.id_to_token(id);
    return token === undefined ? new Uint8Array() : this.#bytes.of(token);
  }

  #begun(ids: number[]): number[] {
    return this.addsBos && ids[0] !== this.bosId ? [this.bosId!, ...ids] : ids;
  }

  #encode(text: string): number[] {
    if (text === '') return [];
    const late = `${this.#label}: the tokenizer took more than ${ENCODE_DEADLINE_MS / 1000} seconds for this text: make it shorter.`;
    return withDeadline(ENCODE_DEADLINE_MS, late, () => this.#library.encode(text, { add_special_tokens: false }).ids);
  }
}

function anyOf(texts: readonly string[]): RegExp | null {
  if (texts.length === 0) return null;
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map(escapeForRegExp).join('|')})`, 'u');
}

/** Text and id of each token of the model, added ones apart. */
function vocabularyOf(tokenizer: JsonObject, label: string): ReadonlyMap<string, number> {
  const model = tokenizer['model'];
  const vocab = isObject(model) ? model['vocab'] : undefined;
  if (Array.isArray(vocab)) {
    return new Map((vocab as readonly Json[]).map((entry, id) => [Array.isArray(entry) ? String(entry[0]) : '', id]));
  }
  if (!isObject(vocab)) {
    throw new ModelError('bad-file', `${label} is not a tokenizer: it has no model with a vocabulary.`);
  }
  return new Map(Object.entries(vocab).map(([text, id]) => [text, Number(id)]));
}

/** The token that the post-processor puts before a text; null when it puts none. */
function firstSpecialToken(processor: Json | undefined): string | null {
  if (!isObject(processor)) return null;
  const { type, processors, single } = processor;
  if (type === 'Sequence' && Array.isArray(processors)) {
    return (processors as readonly Json[]).map(firstSpecialToken).find((token) => token !== null) ?? null;
  }
  const [first] = type === 'TemplateProcessing' && Array.isArray(single) ? (single as readonly Json[]) : [];
  const token = isObject(first) ? first['SpecialToken'] : undefined;
  return isObject(token) && typeof token['id'] === 'string' ? token['id'] : null;
}

function sentence(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/[.\s]+$/, '') : String(cause);
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
