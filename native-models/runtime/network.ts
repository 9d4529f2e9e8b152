import type { Tensor } from './tensor.js';

/** Tensors by the names of the command line's `run` table (`sample`, `timestep`, `encoder_hidden_states` ...). */
export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * One network of a model, opened for one device and one set of sizes.
 * Who opens it releases it; after `release` it must not be run.
 */
export interface Network {
  /** Run once. Blocks this thread for the whole run (onnxruntime-node 1.30 runs on it) and cannot be cancelled. */
  run(inputs: Tensors): Promise<Tensors>;
  release(): Promise<void>;
}
