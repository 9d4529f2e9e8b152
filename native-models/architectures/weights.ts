/**
 * A place in a checkpoint's tree of names, from which layers take their weights:
 * `weights.at('down_blocks', 0).at('resnets', 1)` reads `down_blocks.0.resnets.1.*`.
 */
import type { Graph } from '../onnx/graph.js';
import type { Value } from '../onnx/value.js';

export class Weights {
  constructor(
    readonly graph: Graph,
    /** Dotted path of this module, as diffusers and transformers call it. */
    readonly path: string = '',
  ) {}

  at(...names: readonly (string | number)[]): Weights {
    return new Weights(this.graph, [this.path, ...names].filter((name) => name !== '').join('.'));
  }

  /** The tensor `name` of this module; `as` reads the same bytes in another shape. */
  tensor(name: string, shape: readonly number[], as?: readonly number[]): Value {
    return this.graph.weight(this.at(name).path, shape, as);
  }
}
