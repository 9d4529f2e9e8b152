/**
 * One part of a checkpoint as a file of its own: the same bytes of the same file, under the names that its network asks
 * by. Whatever reads weights (sessions, adapters, baking, the search for NaN) then needs to know of no other layout.
 */
import { authorNetwork, type NetworkPlan } from '../../architectures/author-network.js';
import { ModelError } from '../../errors.js';
import { imaginaryWeights, type StoredTensor } from '../../onnx/weight-source.js';
import type { SafetensorsFile, SafetensorsTensor } from '../safetensors.js';
import type { SafetensorsWeights } from '../safetensors-weights.js';

export interface Part {
  /** What it is: `unet`. */
  readonly name: string;
  /** What stands before the names of its tensors in the file. */
  readonly prefix: string;
  /** Names that its network asks by. */
  readonly wanted: Iterable<string>;
  /** Finds a tensor by such a name. */
  readonly source: SafetensorsWeights;
  /** Tensors that are there and not meant to be read. */
  readonly passedOver?: RegExp;
}

/** Tensors of the part that its network does not ask for keep their names, so that a layer too many is seen. */
export function partOfFile(
  file: SafetensorsFile,
  { name: part, prefix, wanted, source, passedOver }: Part,
): SafetensorsFile {
  const tensors = new Map<string, SafetensorsTensor>();
  const used = new Set<string>();
  for (const name of wanted) {
    const stored = source.find(name);
    if (stored === null) continue; // told by who asks for it
    used.add(stored.name);
    const { dtypeName: dtype, offset, byteLength } = stored;
    tensors.set(name, { name, dtype, shape: shapeOf(name, stored), offset, byteLength });
  }
  for (const [name, tensor] of file.tensors) {
    if (name.startsWith(prefix) && !used.has(name) && !passedOver?.test(name)) tensors.set(name, tensor);
  }
  return { ...file, label: `${file.label} (${part})`, part, tensors };
}

/** Names of the tensors that these networks of a file read; refuses shapes that make no network. */
export function tensorsOf({ file, label }: SafetensorsFile, plans: readonly NetworkPlan[]): ReadonlySet<string> {
  const options = { device: 'cpu', weights: imaginaryWeights } as const;
  try {
    const keys = plans.flatMap((plan) => [...authorNetwork(plan, options).usedWeights.keys()]);
    return new Set(keys.map((key) => key.split(' ')[0] ?? key)); // behind the name stands how it is read
  } catch (cause) {
    const sentence = `${label} is damaged: the shapes of its tensors make no ${plans[0]?.component}. Download it again.`;
    throw new ModelError('unfit-model', sentence, { file, cause });
  }
}

/** The autoencoder's attention is made of 1x1 convolutions [C, C, 1, 1] there: the bytes of a matrix [C, C]. */
function shapeOf(name: string, { shape }: StoredTensor): readonly number[] {
  const isAttention = /^(en|de)coder\.mid_block\.attentions\.0\.to_(q|k|v|out\.0)\.weight$/.test(name);
  return isAttention && shape.length === 4 && shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : shape;
}
