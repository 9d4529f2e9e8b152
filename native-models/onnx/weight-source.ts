/**
 * Where a graph's weights come from. A graph asks by name, checks dtype and shape, and later writes only
 * a pointer: file, offset, length. The bytes stay where they are, in the user's own file.
 */
import type { DataType } from './value.js';

export interface StoredTensor {
  /** Name in its file; may differ from the name it was asked by (checkpoints of other layouts). */
  readonly name: string;
  readonly dtype: DataType | 'other';
  /** The dtype as its file spells it, for messages: `F8_E4M3`. */
  readonly dtypeName: string;
  readonly shape: readonly number[];
  /** Absolute path of the file that holds the bytes, offset of the first one, and their number. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
  /** Tensors after `name` that it spans: they lie behind it in the file, as its further rows. */
  readonly followers?: readonly string[];
}

/**
 * A matrix [N, K] that is stored as whole numbers of 4 or 8 bits, in blocks of a row that share a scale:
 * `onnx/operators/quantized.ts` has the layout of its tensors.
 */
export interface StoredQuantizedMatrix {
  readonly bits: 4 | 8;
  readonly block: number;
  readonly shape: readonly [number, number];
  readonly packed: StoredTensor;
  readonly scales: StoredTensor;
  /** Null: none. */
  readonly minimums: StoredTensor | null;
}

export interface WeightSource {
  /** What a message calls it: `unet/diffusion_pytorch_model.safetensors`. */
  readonly label: string;
  /** Null: there is no tensor of that name. 'any': no files stand behind this source, every name and shape is there. */
  find(name: string): StoredTensor | 'any' | null;
  /**
   * The matrix of that name where it is stored in blocks of whole numbers; of several names the rows of them all, where
   * they lie one after another in one form. Sources that never are do without.
   */
  findQuantized?(...names: readonly [string, ...string[]]): StoredQuantizedMatrix | null;
  /** All names, for the check that a graph left none of them unused. */
  names(): Iterable<string>;
}

/** A source with no files: for authoring a network only to look at it (its list of adaptable layers, its size). */
export const imaginaryWeights: WeightSource = {
  label: 'imaginary weights',
  find: () => 'any',
  names: () => [],
};
