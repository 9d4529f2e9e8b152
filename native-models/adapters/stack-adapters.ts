/**
 * Several adapters as one: the inputs of a graph that was authored with low-rank branches (`architectures/
 * low-rank-branch.ts`). On each layer the pairs stand side by side along the rank axis,
 *
 *   down [R, in(, kh, kw)] = d1 over d2 over ...            R = r1 + r2 + ...
 *   up   [out, R]          = s1 u1 beside s2 u2 beside ...   s = strength · alpha / r
 *
 * so that up · down = Σ s u d: one session serves any number of adapters, and a slider moves with no new session.
 */
import { downName, upName } from '../architectures/low-rank-branch.js';
import type { AdaptableLayer } from '../onnx/graph.js';
import type { Tensors } from '../runtime/network.js';
import { floats, type FloatTensor, type Tensor } from '../runtime/tensor.js';
import type { LowRankPair } from './low-rank-pairs.js';

/** A pair on a layer of the model, with the strength that its adapter has in this part of the model. */
export interface WeightedPair {
  readonly layer: AdaptableLayer;
  readonly pair: LowRankPair;
  readonly strength: number;
}

/** The pairs on each layer by its path, in the order given; a strength of 0 leaves a pair out. */
export function pairsByLayer(weighted: readonly WeightedPair[]): ReadonlyMap<string, readonly WeightedPair[]> {
  const layers = new Map<string, WeightedPair[]>();
  for (const part of weighted) {
    if (part.strength === 0) continue;
    const known = layers.get(part.layer.path);
    if (known) known.push(part);
    else layers.set(part.layer.path, [part]);
  }
  return layers;
}

interface StackedLayer {
  readonly parts: readonly WeightedPair[];
  readonly down: FloatTensor;
  readonly up: FloatTensor;
}

/** Stacks for one network. It remembers the last stack: where only strengths moved, only `up` is computed again. */
export class AdapterStack {
  #layers: ReadonlyMap<string, StackedLayer> = new Map();

  /** Inputs `lora.PATH.down` and `.up` of every layer that some pair changes; layers without one are idle. */
  inputs(weighted: readonly WeightedPair[]): Tensors {
    const before = this.#layers;
    const layers = new Map<string, StackedLayer>();
    const inputs: Record<string, Tensor> = {};
    for (const [path, parts] of pairsByLayer(weighted)) {
      const layer = stackLayer(parts, before.get(path));
      layers.set(path, layer);
      inputs[downName(path)] = layer.down;
      inputs[upName(path)] = layer.up;
    }
    this.#layers = layers;
    return inputs;
  }
}

function stackLayer(parts: readonly WeightedPair[], before: StackedLayer | undefined): StackedLayer {
  const same = (equal: (a: WeightedPair, b: WeightedPair) => boolean): boolean =>
    before?.parts.length === parts.length &&
    parts.every((part, index) => equal(part, before.parts[index] as WeightedPair));
  const samePairs = same((a, b) => a.pair === b.pair);
  if (before && samePairs && same((a, b) => a.strength === b.strength)) return before;
  return { parts, down: before && samePairs ? before.down : stackDown(parts), up: stackUp(parts) };
}

function stackDown(parts: readonly WeightedPair[]): FloatTensor {
  const [{ layer, pair }] = parts as [WeightedPair];
  const rank = totalRank(parts);
  const shape = [rank, layer.inFeatures, ...(layer.kernel ?? [])];
  if (parts.length === 1) return floats(shape, pair.down);
  const stacked = floats(shape);
  let place = 0;
  for (const part of parts) {
    stacked.data.set(part.pair.down, place);
    place += part.pair.down.length;
  }
  return stacked;
}

function stackUp(parts: readonly WeightedPair[]): FloatTensor {
  const [{ layer }] = parts as [WeightedPair];
  const width = totalRank(parts);
  const stacked = floats([layer.outFeatures, width]);
  const { data } = stacked;
  let column = 0;
  for (const { pair, strength } of parts) {
    const { rank, up } = pair;
    const factor = strength * pair.scale;
    for (let row = 0; row < layer.outFeatures; row++) {
      const to = row * width + column;
      const from = row * rank;
      for (let r = 0; r < rank; r++) data[to + r] = factor * (up[from + r] as number);
    }
    column += rank;
  }
  return stacked;
}

function totalRank(parts: readonly WeightedPair[]): number {
  return parts.reduce((sum, { pair }) => sum + pair.rank, 0);
}
