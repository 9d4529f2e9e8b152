/** Attention in which several query heads share one head of keys and values (Ainslie and others 2023, GQA). */
import { AuthoringError, expectRank } from '../authoring-error.js';
import { layerForms } from '../operator-table.js';
import type { Dim, Value } from '../value.js';
import { describe, sameShape } from '../value.js';
import { add, multiply } from './elementwise.js';
import { concat, reshape, split, transpose, unsqueeze } from './movement.js';
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
  const { keyValueHeads: K } = options;
  const S = k.shape[1] as Dim;
  const d = q.size(2) / options.heads;
  const weights = softmax(add(scores(byGroup(q, rows, options), reshape(k, [S, K, d])), mask)); // [K, rows, S]
  return byToken(mixed(weights, reshape(v, [S, K, d])), q, options);
}

/** The keys and values of earlier tokens, as a cache holds them. */
export interface EarlierTokens {
  /** [P, K, d] each */
  readonly keys: Value;
  readonly values: Value;
  /** P and T, int64 [2] */
  readonly lengths: Value;
}

/**
 * The same for new tokens that see themselves and earlier ones, S = P + T: q [1, T, H * d], k and v [1, T, K * d] of the
 * new tokens alone, mask [1, T * H/K, P + T]. Where the device can, earlier keys and values are multiplied where they
 * lie: to join them with the new ones would copy the whole cache for every token.
 */
export function cachedAttention(
  q: Value,
  k: Value,
  v: Value,
  earlier: EarlierTokens,
  mask: Value,
  options: GroupedQueryOptions,
): Value {
  const { heads: H, keyValueHeads: K } = options;
  const [P, T] = [earlier.keys.shape[0] as Dim, q.shape[1] as Dim];
  const S = typeof P === 'number' && typeof T === 'number' ? P + T : `${P} + ${T}`;
  const d = q.size(2) / H;
  for (const [name, value] of Object.entries({ key: k, value: v })) {
    if (!sameShape(value.shape, [1, T, K * d]))
      throw new AuthoringError('attention', name, `[1, ${T}, ${K * d}]`, value);
  }
  for (const [name, value] of Object.entries({ 'earlier key': earlier.keys, 'earlier value': earlier.values })) {
    if (!sameShape(value.shape, [P, K, d])) throw new AuthoringError('attention', name, `[${P}, ${K}, ${d}]`, value);
  }
  const [keys, values] = [reshape(k, [T, K, d]), reshape(v, [T, K, d])];
  if (layerForms[q.graph.device].groupedQueryAttention === 'transposed') {
    const all = (before: Value, now: Value): Value => reshape(concat([before, now], 0), [1, S, K * d]);
    return groupedQueryAttention(q, all(earlier.keys, keys), all(earlier.values, values), mask, options);
  }
  const rows = queryRows(T, options);
  if (!sameShape(mask.shape, [1, rows, S])) {
    throw new AuthoringError('attention', 'mask', `[1, ${rows}, ${S}]`, mask);
  }
  const queries = byGroup(q, rows, options);
  const weights = softmax(add(concat([scores(queries, earlier.keys), scores(queries, keys)], 2), mask)); // [K, rows, S]
  const [before, now] = split(weights, 2, [P, T], earlier.lengths) as [Value, Value];
  return byToken(add(mixed(before, earlier.values), mixed(now, values)), q, options);
}

/** q [1, T, H * d] -> [K, T * H/K, d] */
function byGroup(q: Value, rows: Dim, { heads: H, keyValueHeads: K }: GroupedQueryOptions): Value {
  const T = q.shape[1] as Dim;
  const d = q.size(2) / H;
  return reshape(transpose(reshape(q, [T, K, H / K, d]), [1, 0, 2, 3]), [K, rows, d]);
}

/** [K, T * H/K, d] -> the shape of q [1, T, H * d] */
function byToken(y: Value, q: Value, { heads: H, keyValueHeads: K }: GroupedQueryOptions): Value {
  const [, T, D] = q.shape as [Dim, Dim, Dim];
  return reshape(transpose(reshape(y, [K, T, H / K, y.size(2)]), [1, 0, 2, 3]), [1, T, D]);
}

/** q [K, rows, d] and k [S, K, d] -> [K, rows, S]; transBatchB reads k as [K, S, d]. */
function scores(q: Value, k: Value): Value {
  return q.graph.node(
    'FusedMatMul',
    [q, k],
    { dtype: 'float32', shape: [...q.shape.slice(0, 2), k.shape[0] as Dim] },
    { transB: { int: 1 }, transBatchB: { int: 1 }, alpha: { float: 1 / Math.sqrt(q.size(2)) } },
  );
}

/** weights [K, rows, S] and v [S, K, d] -> [K, rows, d] */
function mixed(weights: Value, v: Value): Value {
  const shape = [...weights.shape.slice(0, 2), v.shape[2] as Dim];
  return weights.graph.node('FusedMatMul', [weights, v], { dtype: 'float32', shape }, { transBatchB: { int: 1 } });
}

function transposed(q: Value, k: Value, v: Value, mask: Value, rows: Dim, options: GroupedQueryOptions): Value {
  const { heads: H, keyValueHeads: K } = options;
  const [B, T, D] = q.shape as [Dim, Dim, Dim];
  const S = k.shape[1] as Dim;
  const d = q.size(2) / H;

  const heads = transpose(reshape(q, [B, T, K, H / K, d]), [0, 2, 1, 3, 4]); // [B, K, T, H/K, d]
  const queries = reshape(heads, [B, K, rows, d]);
  const keys = transpose(reshape(k, [B, S, K, d]), [0, 2, 3, 1]); // [B, K, d, S]
  const values = transpose(reshape(v, [B, S, K, d]), [0, 2, 1, 3]); // [B, K, S, d]
  const all = matMul(multiply(queries, 1 / Math.sqrt(d)), keys); // [B, K, rows, S]
  const y = matMul(softmax(add(all, unsqueeze(mask, [1]))), values); // [B, K, rows, d]
  return reshape(transpose(reshape(y, [B, K, T, H / K, d]), [0, 2, 1, 3, 4]), [B, T, D]);
}
