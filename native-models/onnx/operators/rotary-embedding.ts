/** Positions as rotations of pairs (Su and others 2021, RoFormer, section 3.2.2). */
import { AuthoringError, expectRank } from '../authoring-error.js';
import { layerForms } from '../operator-table.js';
import type { Dim, Value } from '../value.js';
import { describe } from '../value.js';
import { add, multiply, subtract } from './elementwise.js';
import { concat, halve, reshape } from './movement.js';

/**
 * Which numbers of a head turn together. `halves`: i and i + d/2, as transformers stores models.
 * `neighbours`: 2i and 2i + 1, as the paper, Meta's own files and GGUF files of the Llama family store them.
 */
export type RotaryPairing = 'halves' | 'neighbours';

export interface RotaryOptions {
  readonly heads: number;
  readonly pairing: RotaryPairing;
}

/** One row of cosines and sines for each token: [B * T, d / 2], and the row of each token: [B, T]. */
export interface RotaryTable {
  readonly cos: Value;
  readonly sin: Value;
  readonly rows: Value;
}

/** Every pair (a, b) becomes (a cos - b sin, b cos + a sin); x [B, T, heads * d]: the same shape. */
export function rotaryEmbedding(x: Value, table: RotaryTable, { heads, pairing }: RotaryOptions): Value {
  expectRank('RotaryEmbedding', 'input', x, 3);
  expectRank('RotaryEmbedding', 'cosines', table.cos, 2);
  const pairs = x.size(2) / heads / 2;
  for (const [name, value] of Object.entries({ cosines: table.cos, sines: table.sin })) {
    if (value.shape[1] === pairs) continue;
    throw new AuthoringError('RotaryEmbedding', name, `[..., ${pairs}] for ${heads} heads of ${describe(x)}`, value);
  }
  if (layerForms[x.graph.device].rotaryEmbedding === 'plain') return plain(x, table, heads, pairs, pairing);
  return x.graph.node('RotaryEmbedding', [x, table.rows, table.cos, table.sin], x, {
    interleaved: { int: pairing === 'neighbours' ? 1 : 0 },
    num_heads: { int: heads },
    rotary_embedding_dim: { int: 2 * pairs },
  });
}

/** The formula, for texts whose rows of the table stand in their own order. */
function plain(x: Value, { cos, sin }: RotaryTable, heads: number, pairs: number, pairing: RotaryPairing): Value {
  const [B, T] = x.shape as [Dim, Dim, Dim];
  const axis = pairing === 'halves' ? 3 : 4;
  const split = reshape(x, [B, T, heads, ...(pairing === 'halves' ? [2, pairs] : [pairs, 2])]);
  const [a, b] = halve(split, axis); // [B, T, heads, 1, d/2] or [B, T, heads, d/2, 1]
  const [c, s] = [cos, sin].map((numbers) =>
    reshape(numbers, [B, T, 1, ...(pairing === 'halves' ? [1, pairs] : [pairs, 1])]),
  ) as [Value, Value];
  const turned = [subtract(multiply(a, c), multiply(b, s)), add(multiply(b, c), multiply(a, s))] as const;
  return reshape(concat(turned, axis), x.shape);
}
