/**
 * Low-rank adapters as inputs of a graph (LoRA, Hu and others 2021): y = W x + up (down x).
 *
 * Every Linear and Conv passes through `withLowRankBranch`, which notes it as adaptable and, in a graph authored
 * with `adapters`, adds the branch. Its two matrices are inputs, so that adapters can be mixed live: strength and
 * alpha / rank are multiplied into `up` by the caller, several adapters are stacked along the rank axis.
 *
 *   lora.<module>.down   [r, in] or [r, in, kh, kw]   with the layer's own stride and padding
 *   lora.<module>.up     [out, r]
 *
 * Each layer has its own symbolic rank r. A pair that is left out, or of rank 0, is idle: `runtime/open-graph.ts`.
 */
import type { AdaptableLayer } from '../onnx/graph.js';
import { add } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { Weights } from './weights.js';

export const downName = (path: string): string => `lora.${path}.down`;
export const upName = (path: string): string => `lora.${path}.up`;

export function noteAdaptable({ graph, path }: Weights, layer: Omit<AdaptableLayer, 'path'>): void {
  graph.adaptableLayers.push({ path, ...layer });
}

export function withLowRankBranch(
  weights: Weights,
  layer: Omit<AdaptableLayer, 'path'>,
  base: Value,
  branch: (down: Value, up: Value) => Value,
): Value {
  const { graph, path } = weights;
  noteAdaptable(weights, layer);
  if (!graph.adapters) return base;
  const rank = `rank.${path}`;
  const down = graph.input(downName(path), 'float32', [rank, layer.inFeatures, ...(layer.kernel ?? [])]);
  const up = graph.input(upName(path), 'float32', [layer.outFeatures, rank]);
  return add(base, branch(down, up));
}
