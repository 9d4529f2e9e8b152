/**
 * How text is cut into words before byte pair encoding, by the name that `tokenizer.ggml.pre` gives it: patterns that
 * are applied one after the other, each to the pieces that the one before it left.
 *
 * Reference: llama.cpp, src/llama-vocab.cpp (which name has which patterns); the patterns themselves are GPT-2's,
 * Llama 3's and Qwen2's, from the models' own tokenizer.json.
 */

export interface PreTokenizer {
  readonly patterns: readonly string[];
  /** A word that is in the vocabulary is one token, whatever the merges say. */
  readonly ignoresMerges: boolean;
  /** Texts begin with BOS unless the file says otherwise. */
  readonly addsBos: boolean;
}

const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`;

/** Llama 3's pattern, for numbers of so many digits and words of these classes of letters. */
function llama3(digits: string, letters = String.raw`\p{L}`): string {
  return String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[${letters}]+|${digits}| ?[^\s${letters}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
}

const words = (...patterns: string[]): PreTokenizer => ({ patterns, ignoresMerges: false, addsBos: false });

const gpt2 = words(GPT2);
const digitByDigit = words(String.raw`\p{N}`, GPT2);
const threeDigits = words(llama3(String.raw`\p{N}{1,3}`));
const qwen2 = words(llama3(String.raw`\p{N}`));

export const defaultPreTokenizer = words(String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, '[0-9][0-9][0-9]');

const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': gpt2,
  mpt: gpt2,
  olmo: gpt2,
  'phi-2': gpt2,
  smollm: digitByDigit,
  starcoder: digitByDigit,
  'command-r': digitByDigit,
  exaone: digitByDigit,
  'llama-bpe': { ...threeDigits, ignoresMerges: true, addsBos: true },
  dbrx: threeDigits,
  'smaug-bpe': threeDigits,
  glm4: threeDigits,
  qwen2,
  'deepseek-r1-qwen': qwen2,
  stablelm2: qwen2,
  qwen35: words(llama3(String.raw`\p{N}`, String.raw`\p{L}\p{M}`)),
  default: defaultPreTokenizer,
};

/** Null: a name that is not known here. */
export function findPreTokenizer(name: string): PreTokenizer | null {
  return Object.hasOwn(preTokenizers, name) ? (preTokenizers[name] ?? null) : null;
}
