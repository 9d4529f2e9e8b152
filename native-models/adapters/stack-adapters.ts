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
import { floats, sizeOf, type FloatTensor, type Tensor } from '../runtime/tensor.js';
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

/**
 * Stacks for one network. It remembers the last stack: where only strengths moved, only `up` is computed again, in the
 * memory of the last one. So what `inputs` gave before is no longer to be used after it is called again.
 */
export class AdapterStack {
  #layers: ReadonlyMap<string, StackedLayer> = new Map();

  /** Inputs `lora.PATH.down` and `.up` of every layer that some pair changes; layers without one are idle. */
  inputs(weighted: readonly WeightedPair[]): Tensors {
    const wanted = pairsByLayer(weighted);
    const known = (path: string, parts: readonly WeightedPair[]): StackedLayer | null => {
      const before = this.#layers.get(path);
      return before && isSame(before.parts, parts, (a, b) => a.pair === b.pair) ? before : null;
    };
    const block = new Block([...wanted].filter(([path, parts]) => !known(path, parts)).map(([, parts]) => parts));

    const layers = new Map<string, StackedLayer>();
    const inputs: Record<string, Tensor> = {};
    for (const [path, parts] of wanted) {
      const before = known(path, parts);
      const { down, up } = before ?? { down: stackDown(parts, block), up: block.tensor(upShape(parts)) };
      if (!before || !isSame(before.parts, parts, (a, b) => a.strength === b.strength)) scaleInto(up, parts);
      layers.set(path, { parts, down, up });
      inputs[downName(path)] = down;
      inputs[upName(path)] = up;
    }
    this.#layers = layers;
    return inputs;
  }
}

function isSame<Part>(a: readonly Part[], b: readonly Part[], equal: (a: Part, b: Part) => boolean): boolean {
  return a.length === b.length && a.every((part, index) => equal(part, b[index] as Part));
}

/** Memory for the tensors of some layers at once: one allocation instead of hundreds. */
class Block {
  readonly #data: Float32Array;
  #place = 0;

  constructor(layers: readonly (readonly WeightedPair[])[]) {
    const downs = layers.filter((parts) => parts.length > 1).map(downShape);
    this.#data = new Float32Array([...layers.map(upShape), ...downs].reduce((sum, shape) => sum + sizeOf(shape), 0));
  }

  tensor(shape: readonly number[]): FloatTensor {
    return floats(shape, this.#data.subarray(this.#place, (this.#place += sizeOf(shape))));
  }
}

function downShape(parts: readonly WeightedPair[]): readonly number[] {
  const { inFeatures, kernel } = (parts[0] as WeightedPair).layer;
  return [totalRank(parts), inFeatures, ...(kernel ?? [])];
}

function upShape(parts: readonly WeightedPair[]): readonly number[] {
  return [(parts[0] as WeightedPair).layer.outFeatures, totalRank(parts)];
}

const totalRank = (parts: readonly WeightedPair[]): number => parts.reduce((sum, { pair }) => sum + pair.rank, 0);

/** A pair that is alone on its layer is fed as it was read. */
function stackDown(parts: readonly WeightedPair[], block: Block): FloatTensor {
  const [first, ...others] = parts.map(({ pair }) => pair.down);
  if (others.length === 0) return floats(downShape(parts), first);
  const stacked = block.tensor(downShape(parts));
  let place = 0;
  for (const { pair } of parts) {
    stacked.data.set(pair.down, place);
    place += pair.down.length;
  }
  return stacked;
}

function scaleInto({ data, shape }: FloatTensor, parts: readonly WeightedPair[]): void {
  const [rows, width] = shape as [number, number];
  let column = 0;
  for (const { pair, strength } of parts) {
    const { rank, up } = pair;
    const factor = strength * pair.scale;
    if (rank === width) {
      for (let i = 0; i < up.length; i++) data[i] = factor * (up[i] as number);
      return;
    }
    for (let row = 0; row < rows; row++) {
      const to = row * width + column;
      const from = row * rank;
      for (let r = 0; r < rank; r++) data[to + r] = factor * (up[from + r] as number);
    }
    column += rank;
  }
}
