/** Attention in which several query heads share one head of keys and values (Ainslie and others 2023, GQA). */
import { AuthoringError, expectRank } from '../authoring-error.js';
import { layerForms } from '../operator-table.js';
import type { Dim, Value } from '../value.js';
import { describe, sameShape } from '../value.js';
import { add, multiply } from './elementwise.js';
import { reshape, transpose, unsqueeze } from './movement.js';
import { matMul, softmax } from './products.js';

export interface GroupedQueryOptions {
  /** H query heads, a multiple of the K heads of keys and values; query head h reads head floor(h K / H). */
  readonly heads: number;
  readonly keyValueHeads: number;
}

/** Name of the axis of token-and-query-head pairs: how many rows a mask has. */
export function queryRows(tokens: Dim, { heads, keyValueHeads }: GroupedQueryOptions): Dim {
  const group = heads / keyValueHeads;
  return typeof tokens === 'number' ? tokens * group : group === 1 ? tokens : `${tokens} x ${group}`;
}

/**
 * softmax(q k^T / sqrt(d) + mask) v, in float32.
 *
 * q [B, T, H * d]; k and v [B, S, K * d], token by token as a cache holds them; mask [B, T * H/K, S] is added to the
 * scores, its rows token by token and within a token one for each query head of a group. The result is [B, T, H * d].
 */
export function groupedQueryAttention(q: Value, k: Value, v: Value, mask: Value, options: GroupedQueryOptions): Value {
  const { heads: H, keyValueHeads: K } = options;
  for (const [name, value] of Object.entries({ query: q, key: k, value: v })) {
    expectRank('attention', name, value, 3);
  }
  const [B, T] = q.shape as [Dim, Dim, Dim];
  const S = k.shape[1] as Dim;
  const d = q.size(2) / H;
  if (!Number.isInteger(d) || H % K !== 0) {
    throw new AuthoringError('attention', 'query', `divisible into ${H} heads, ${K} groups of them`, q);
  }
  for (const [name, value] of Object.entries({ key: k, value: v })) {
    if (value.shape[0] === B && value.shape[1] === S && value.shape[2] === K * d) continue;
    throw new AuthoringError('attention', name, `[${B}, ${S}, ${K * d}] for ${describe(q)}`, value);
  }
  const rows = queryRows(T, options);
  if (!sameShape(mask.shape, [B, rows, S])) {
    throw new AuthoringError('attention', 'mask', `[${B}, ${rows}, ${S}]`, mask);
  }
  const form = B === 1 ? layerForms[q.graph.device].groupedQueryAttention : 'transposed';
  return form === 'strided' ? strided(q, k, v, mask, rows, options) : transposed(q, k, v, mask, rows, options);
}

/** Of one text: [1, T, H * d]. No copy of keys and values is made, whatever their number. */
function strided(q: Value, k: Value, v: Value, mask: Value, rows: Dim, options: GroupedQueryOptions): Value {
  const { heads: H, keyValueHeads: K } = options;
  const [, T, D] = q.shape as [Dim, Dim, Dim];
  const S = k.shape[1] as Dim;
  const d = q.size(2) / H;
  const { graph } = q;

  const queries = reshape(transpose(reshape(q, [T, K, H / K, d]), [1, 0, 2, 3]), [K, rows, d]);
  const keys = reshape(k, [S, K, d]);
  const values = reshape(v, [S, K, d]);
  // transBatchB reads [S, K, d] as [K, S, d].
  const scores = graph.node(
    'FusedMatMul',
    [queries, keys],
    { dtype: 'float32', shape: [K, rows, S] },
    { transB: { int: 1 }, transBatchB: { int: 1 }, alpha: { float: 1 / Math.sqrt(d) } },
  );
  const weights = softmax(add(scores, mask)); // [K, rows, S]
  const mixed = graph.node(
    'FusedMatMul',
    [weights, values],
    { dtype: 'float32', shape: [K, rows, d] },
    { transBatchB: { int: 1 } },
  );
  return reshape(transpose(reshape(mixed, [K, T, H / K, d]), [1, 0, 2, 3]), [1, T, D]);
}

function transposed(q: Value, k: Value, v: Value, mask: Value, rows: Dim, options: GroupedQueryOptions): Value {
  const { heads: H, keyValueHeads: K } = options;
  const [B, T, D] = q.shape as [Dim, Dim, Dim];
  const S = k.shape[1] as Dim;
  const d = q.size(2) / H;

  const byGroup = transpose(reshape(q, [B, T, K, H / K, d]), [0, 2, 1, 3, 4]); // [B, K, T, H/K, d]
  const queries = reshape(byGroup, [B, K, rows, d]);
  const keys = transpose(reshape(k, [B, S, K, d]), [0, 2, 3, 1]); // [B, K, d, S]
  const values = transpose(reshape(v, [B, S, K, d]), [0, 2, 1, 3]); // [B, K, S, d]
  const scores = matMul(multiply(queries, 1 / Math.sqrt(d)), keys); // [B, K, rows, S]
  const mixed = matMul(softmax(add(scores, unsqueeze(mask, [1]))), values); // [B, K, rows, d]
  return reshape(transpose(reshape(mixed, [B, K, T, H / K, d]), [0, 2, 1, 3, 4]), [B, T, D]);
}
