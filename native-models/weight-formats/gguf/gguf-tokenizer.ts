/**
 * The tokenizer of a GGUF file as the objects that a Hugging Face folder would hold: `tokenizer.json` and
 * `tokenizer_config.json`, so that one reader serves both.
 *
 * Two kinds are read, by `tokenizer.ggml.model`: `gpt2`, byte pair encoding of bytes with the merges that stand in the
 * file, and `llama`, SentencePiece's byte pair encoding, whose merges follow from the scores. Reference: gguf 0.19.0,
 * constants.py; llama.cpp, src/llama-vocab.cpp.
 */
import type { Json, JsonObject } from '../../architectures/config-reader.js';
import { ModelError } from '../../errors.js';
import type { GgufFile } from './read-gguf.js';
import { defaultPreTokenizer, findPreTokenizer } from './pre-tokenizers.js';
import type { PreTokenizer } from './pre-tokenizers.js';

export interface GgufTokenizer {
  /** As `tokenizer.json`. */
  readonly tokenizer: JsonObject;
  /** As `tokenizer_config.json`: begin and end tokens, chat templates. */
  readonly settings: JsonObject;
  /** An answer ends with any of them. */
  readonly endTokens: readonly number[];
  /** What a person should know: patterns that had to be guessed. */
  readonly notices: readonly string[];
}

/** `tokenizer.ggml.token_type` */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
}

export function readGgufTokenizer(gguf: GgufFile): GgufTokenizer {
  const { metadata, label, file } = gguf;
  const kind = metadata.text('tokenizer.ggml.model', 'none');
  const own = ownTokenizer(gguf);
  const notices: string[] = [];
  const vocabulary = readVocabulary(gguf);
  let tokenizer: JsonObject;
  let addsBos: boolean;
  if (kind === 'gpt2') {
    const name = metadata.text('tokenizer.ggml.pre', 'default');
    const known = findPreTokenizer(name);
    if (known === null && own === null) {
      notices.push(
        `${label} cuts text into words by the rules of “${name}”, which are not known here; the usual ones are taken, and its answers may suffer.`,
      );
    }
    const preTokenizer = known ?? defaultPreTokenizer;
    tokenizer = bytePairs(gguf, vocabulary, preTokenizer);
    ({ addsBos } = preTokenizer);
  } else if (kind === 'llama') {
    tokenizer = sentencePiece(gguf, vocabulary);
    addsBos = true;
  } else {
    const sentence = `${label}: its tokenizer is of the kind “${kind}”, which is not supported yet.`;
    throw new ModelError('unsupported', sentence, { file });
  }

  const idOf = (key: string): number | null => {
    const id = metadata.integerOrNull(`tokenizer.ggml.${key}_token_id`);
    return id !== null && id < vocabulary.tokens.length ? id : null;
  };
  const tokenOf = (key: string): Json => vocabulary.tokens[idOf(key) ?? -1] ?? null;
  const ends = [idOf('eos'), idOf('eot'), idOf('eom')].filter((id) => id !== null);
  return {
    tokenizer: own ?? tokenizer,
    settings: {
      bos_token: tokenOf('bos'),
      eos_token: tokenOf('eos'),
      add_bos_token: metadata.flag('tokenizer.ggml.add_bos_token', addsBos),
      chat_template: chatTemplates(gguf),
    },
    endTokens: [...new Set(ends)],
    notices,
  };
}

/** Some files carry the model's own tokenizer.json. */
function ownTokenizer({ metadata }: GgufFile): JsonObject | null {
  const text = metadata.textOrNull('tokenizer.huggingface.json');
  if (text === null) return null;
  try {
    const json = JSON.parse(text) as Json;
    return typeof json === 'object' && json !== null && 'model' in json ? json : null;
  } catch {
    return null; // the vocabulary of the other keys stands for it
  }
}

function readVocabulary({ metadata }: GgufFile): Vocabulary {
  const tokens = metadata.texts('tokenizer.ggml.tokens');
  const key = 'tokenizer.ggml.token_type';
  const types = metadata.has(key) ? metadata.numbers(key) : new Array<number>(tokens.length).fill(NORMAL);
  if (types.length !== tokens.length) throw metadata.wrong(key, `a list of ${tokens.length}, one for each token`);
  return { tokens, types };
}

/**
 * What every tokenizer.json has. Control tokens and those that people added to a vocabulary stand apart from it: no
 * spelling leads to them. Of two equal tokens the first counts.
 */
function withAddedTokens({ tokens, types }: Vocabulary): { vocab: JsonObject; added_tokens: readonly Json[] } {
  const vocab = new Map<string, number>();
  const added: JsonObject[] = [];
  for (const [id, content] of tokens.entries()) {
    const type = types[id];
    if (type === CONTROL || type === USER_DEFINED) {
      const manners = { single_word: false, lstrip: false, rstrip: false, normalized: false };
      if (content !== '') added.push({ id, content, special: type === CONTROL, ...manners });
    } else if (!vocab.has(content)) {
      vocab.set(content, id);
    }
  }
  return { vocab: Object.fromEntries(vocab), added_tokens: added };
}

function bytePairs({ metadata }: GgufFile, vocabulary: Vocabulary, preTokenizer: PreTokenizer): JsonObject {
  const { vocab, added_tokens } = withAddedTokens(vocabulary);
  const merges = metadata.texts('tokenizer.ggml.merges').map((merge) => {
    // Not at the first place: a token may begin with the space that separates the two.
    const space = merge.indexOf(' ', 1);
    if (space === -1) throw metadata.wrong('tokenizer.ggml.merges', 'a list of pairs with a space between');
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
  const splits = preTokenizer.patterns.map((pattern) => ({
    type: 'Split',
    pattern: { Regex: pattern },
    behavior: 'Isolated',
    invert: false,
  }));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    version: '1.0',
    added_tokens,
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits, bytes] },
    post_processor: null,
    decoder: bytes,
    model: {
      type: 'BPE',
      vocab,
      merges,
      unk_token: null,
      ignore_merges: preTokenizer.ignoresMerges,
      byte_fallback: false,
    },
  };
}

/** SentencePiece writes a space as this. */
const SPACE = '\u2581';

function sentencePiece({ metadata }: GgufFile, vocabulary: Vocabulary): JsonObject {
  const { vocab, added_tokens } = withAddedTokens(vocabulary);
  const scores = metadata.numbers('tokenizer.ggml.scores');
  if (scores.length !== vocabulary.tokens.length) {
    throw metadata.wrong('tokenizer.ggml.scores', `a list of ${vocabulary.tokens.length}, one for each token`);
  }
  const prefixed = metadata.flag('tokenizer.ggml.add_space_prefix', true);
  const unknown = vocabulary.tokens[metadata.integer('tokenizer.ggml.unknown_token_id', 0)] ?? null;
  const toSpace = { type: 'Replace', pattern: { String: SPACE }, content: ' ' };
  const fromSpace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  return {
    version: '1.0',
    added_tokens,
    normalizer: {
      type: 'Sequence',
      normalizers: prefixed ? [{ type: 'Prepend', prepend: SPACE }, fromSpace] : [fromSpace],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [toSpace, { type: 'ByteFallback' }, { type: 'Fuse' }, ...(prefixed ? [strip] : [])],
    },
    model: {
      type: 'BPE',
      vocab,
      merges: mergesByScore(vocabulary, scores),
      unk_token: unknown,
      byte_fallback: true,
      ignore_merges: false,
      fuse_unk: true,
    },
  };
}

/**
 * SentencePiece joins the two neighbours whose whole has the best score. As a list of merges: every way to split a token
 * into two tokens, by the score of the whole, the best first.
 */
function mergesByScore({ tokens, types }: Vocabulary, scores: readonly number[]): string[][] {
  const normal = new Set(tokens.filter((_, id) => types[id] === NORMAL));
  const best = tokens
    .map((_, id) => id)
    .filter((id) => types[id] === NORMAL)
    .toSorted((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const merges: string[][] = [];
  for (const id of best) {
    const characters = [...(tokens[id] as string)];
    for (let at = 1; at < characters.length; at++) {
      const pair = [characters.slice(0, at).join(''), characters.slice(at).join('')];
      if (pair.every((half) => normal.has(half))) merges.push(pair);
    }
  }
  return merges;
}

/** One text, or a list of named ones, as `tokenizer_config.json` has them; null: none. */
function chatTemplates({ metadata }: GgufFile): Json {
  const key = 'tokenizer.chat_template';
  const main = metadata.textOrNull(key);
  const named: JsonObject[] = [];
  for (const name of metadata.values.keys()) {
    if (name.startsWith(`${key}.`)) named.push({ name: name.slice(key.length + 1), template: metadata.text(name) });
  }
  if (named.length === 0) return main;
  return main === null ? named : [{ name: 'default', template: main }, ...named];
}
