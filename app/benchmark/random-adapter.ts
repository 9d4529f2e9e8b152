import type { AdaptableLayer } from '../../native-models/onnx/graph.js';
import { adaptableModel } from '../../native-models/adapters/adaptable-model.js';
import { kohya } from '../../native-models/adapters/dialects/kohya.js';
import { sizeOf } from '../../native-models/runtime/tensor.js';
import { readDiffusersFolder } from '../../native-models/weight-formats/diffusers-folder.js';
import { floatsToHalves } from '../../native-models/weight-formats/number-formats.js';
import { writeSafetensors, type WritableTensor } from '../../native-models/weight-formats/write-safetensors.js';

/**
 * Writes a LoRA of random weights to measure with, F16, as trainers make them: on the transformers of the UNet and all
 * of the text encoder. So faint that pictures stay pictures.
 */
export async function writeRandomAdapter(file: string, modelPath: string, rank: number): Promise<void> {
  const { components } = adaptableModel(await readDiffusersFolder(modelPath));
  const tensors: Record<string, WritableTensor> = {};
  for (const { name: component, layers } of components) {
    for (const layer of layers.filter(isUsual)) {
      const module = kohya.names(component, layer.path, null)[0]!;
      const { inFeatures, outFeatures, kernel } = layer;
      tensors[`${module}.lora_down.weight`] = randomHalves([rank, inFeatures, ...(kernel ?? [])]);
      tensors[`${module}.lora_up.weight`] = randomHalves([outFeatures, rank, ...(kernel ? [1, 1] : [])]);
    }
  }
  await writeSafetensors(file, tensors);
}

const isUsual = ({ path, kernel }: AdaptableLayer): boolean =>
  path.startsWith('text_model.') || (path.includes('attentions.') && (kernel?.[0] ?? 1) === 1);

function randomHalves(shape: readonly number[]): WritableTensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => (Math.random() - 0.5) / 50);
  return { dtype: 'F16', shape, bytes: new Uint8Array(floatsToHalves(values).buffer) };
}
