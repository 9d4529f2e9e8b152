/** An adapter whose numbers matter, in kohya's dialect: seeded by name, so that every test gets the same. */
import type { AdaptableModel } from '../../../../native-models/adapters/adapter.js';
import { kohya } from '../../../../native-models/adapters/dialects/kohya.js';
import type { AdaptableLayer } from '../../../../native-models/onnx/graph.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { writeSafetensors, type WritableTensor } from '../../../../native-models/weight-formats/write-safetensors.js';
import { seeded } from '../../../parity/seeded-weights.js';

export interface SeededAdapter {
  readonly rank?: number;
  readonly alpha?: number;
  /** Of every number of `up`. */
  readonly gain?: number;
  /** Goes into the seed: adapters of different ones differ. */
  readonly seed?: string;
  readonly wanted?: (layer: AdaptableLayer) => boolean;
  readonly more?: Readonly<Record<string, WritableTensor>>;
}

export async function writeSeededAdapter(
  file: string,
  { components }: Pick<AdaptableModel, 'components'>,
  { rank = 2, alpha = rank, gain = 0.2, seed = '', wanted = () => true, more = {} }: SeededAdapter = {},
): Promise<string> {
  const tensors: Record<string, WritableTensor> = { ...more };
  for (const { name: component, layers } of components) {
    for (const layer of layers.filter(wanted)) {
      const module = kohya.names(component, layer.path, null)[0]!;
      const down = [rank, layer.inFeatures, ...(layer.kernel ?? [])];
      const up = [layer.outFeatures, rank, ...(layer.kernel ? [1, 1] : [])];
      tensors[`${module}.lora_down.weight`] = floats(down, seeded(`${seed}${module}.down`, down));
      const values = seeded(`${seed}${module}.up`, up).map((value) => gain * value);
      tensors[`${module}.lora_up.weight`] = floats(up, values);
      tensors[`${module}.alpha`] = floats([], Float32Array.of(alpha));
    }
  }
  await writeSafetensors(file, tensors);
  return file;
}
