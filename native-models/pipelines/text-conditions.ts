/**
 * What a diffusion network is told about its texts: a prompt, and with guidance a negative one before it.
 *
 * Stable Diffusion 1 and 2 read a text with one CLIP and take its last states. SDXL reads it with two, takes of each
 * the states before the last layer, side by side, and the second one's projected vector for the whole text.
 * Papers: Rombach and others 2022, section 3.3; Podell and others 2023 (SDXL), sections 2.1 and 2.2.
 * Reference: diffusers 0.42.1, StableDiffusionPipeline and StableDiffusionXLPipeline `encode_prompt`.
 *
 * B texts, T tokens, D width of all readers' vectors together, P width of the vector for a whole text.
 */
import { ModelError } from '../errors.js';
import type { Network, Tensors } from '../runtime/network.js';
import { concatenate, floats, floatsOf, ints, type FloatTensor } from '../runtime/tensor.js';
import type { ClipTokenizer } from '../tokenizers/clip-tokenizer.js';

/** A tokenizer and the text encoder that takes its ids. */
export interface TextReader {
  readonly tokenizer: ClipTokenizer;
  /** Deepest `clipSkip` that leaves a layer to take. */
  readonly deepestSkip: number;
  /**
   * Names of its outputs: a vector for each token [1, T, D], for the layer that `clipSkip` says (1 the usual one, 2 the
   * one before it); of the reader that has one, a vector for the whole text [1, P], else null.
   */
  outputs(clipSkip: number): { readonly states: string; readonly pooled: string | null };
  /** input_ids [1, T] -> those outputs. */
  encoder(clipSkip: number): Promise<Network>;
}

export interface Texts {
  readonly prompt: string;
  /** Null: guidance is off, nobody reads it. */
  readonly negative: string | null;
  readonly clipSkip: number;
}

/** encoder_hidden_states [B, T, D], and text_embeds [B, P] where a reader has a vector for the whole text. */
export async function textConditions(
  { readers, emptyNegativeIsZeros }: TextModel,
  texts: Texts,
  notices: string[],
): Promise<Tensors> {
  const { prompt, negative, clipSkip } = texts;
  requireClipSkip(readers, clipSkip);
  const told: Encoded[] = [];
  // One encoder after the other: they may be too large to stay open side by side.
  for (const [place, reader] of readers.entries()) {
    const encoder = await reader.encoder(clipSkip);
    const about = place === 0 ? notices : []; // the others leave out the same words
    const isZeros = negative === '' && emptyNegativeIsZeros;
    const first =
      negative === null || isZeros ? null : await encode(reader, encoder, 'negative prompt', texts, negative, about);
    const last = await encode(reader, encoder, 'prompt', texts, prompt, about);
    told.push(negative === null ? last : before(first ?? zeros(last), last));
  }
  const pooled = told.find((each) => each.pooled !== null)?.pooled ?? null;
  return {
    encoder_hidden_states: sideBySide(told.map(({ states }) => states)),
    ...(pooled === null ? {} : { text_embeds: pooled }),
  };
}

export interface TextModel {
  readonly readers: readonly TextReader[];
  /** SDXL's own configs say so: no negative prompt is zeros, not the vectors of an empty text. */
  readonly emptyNegativeIsZeros: boolean;
}

export function requireClipSkip(readers: readonly TextReader[], clipSkip: number): void {
  const deepest = Math.min(...readers.map(({ deepestSkip }) => deepestSkip));
  if (Number.isInteger(clipSkip) && clipSkip >= 1 && clipSkip <= deepest) return;
  const limit = `a whole number from 1 to ${deepest}, the text encoder’s layers`;
  throw new ModelError('bad-input', `Clip skip ${clipSkip} is not possible: choose ${limit}.`);
}

interface Encoded {
  readonly states: FloatTensor;
  readonly pooled: FloatTensor | null;
}

async function encode(
  { tokenizer, outputs }: TextReader,
  encoder: Network,
  name: string,
  { clipSkip }: Texts,
  text: string,
  notices: string[],
): Promise<Encoded> {
  const { ids, truncated, leftOut, tokens } = tokenizer.encode(text);
  if (truncated > 0) notices.push(truncationNotice(name, tokens, truncated, leftOut));
  const answer = await encoder.run({ input_ids: ints([1, ids.length], ids) });
  const names = outputs(clipSkip);
  const tensor = (output: string): FloatTensor => {
    const found = answer[output];
    return floats(found?.shape ?? [], floatsOf(found));
  };
  return { states: tensor(names.states), pooled: names.pooled === null ? null : tensor(names.pooled) };
}

const zeros = ({ states, pooled }: Encoded): Encoded => ({
  states: floats(states.shape),
  pooled: pooled && floats(pooled.shape),
});

/** One text's rows before the other's. */
const before = (first: Encoded, second: Encoded): Encoded => ({
  states: stacked(first.states, second.states),
  pooled: first.pooled && second.pooled && stacked(first.pooled, second.pooled),
});

function stacked(first: FloatTensor, second: FloatTensor): FloatTensor {
  const [rows = 0, ...rest] = first.shape;
  return floats([rows + (second.shape[0] ?? 0), ...rest], concatenate([first.data, second.data]));
}

/** [B, T, D1], [B, T, D2] ... -> [B, T, D1 + D2 ...]. */
function sideBySide(parts: readonly FloatTensor[]): FloatTensor {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const [batch = 0, tokens = 0] = only?.shape ?? [];
  const widths = parts.map(({ shape }) => shape[2] ?? 0);
  const rows: Float32Array[] = [];
  for (let row = 0; row < batch * tokens; row++) {
    for (const [k, { data }] of parts.entries()) {
      const width = widths[k]!;
      rows.push(data.subarray(row * width, (row + 1) * width));
    }
  }
  return floats([batch, tokens, widths.reduce((sum, width) => sum + width, 0)], concatenate(rows));
}

/** As much of the left-out text as one can read in a line. */
const QUOTED_CHARACTERS = 60;

function truncationNotice(name: string, tokens: number, truncated: number, leftOut: string): string {
  const quoted = leftOut.length > QUOTED_CHARACTERS ? `${leftOut.slice(0, QUOTED_CHARACTERS)}…` : leftOut;
  return `The ${name} is too long: ${truncated} of its ${tokens} tokens were left out, from “${quoted}” on.`;
}
