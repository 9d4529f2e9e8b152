import { authorNetwork } from '../../native-models/architectures/author-network.js';
import { fidInceptionSizes } from '../../native-models/architectures/fid-inception.js';
import { imaginaryWeights } from '../../native-models/onnx/weight-source.js';
import { floats, sizeOf } from '../../native-models/runtime/tensor.js';
import { writeSafetensors, type WritableTensor } from '../../native-models/weight-formats/write-safetensors.js';

/**
 * Writes an Inception of random weights to measure with, 95 MB: what a picture costs does not depend on them. Convolutions
 * keep a signal's size through ReLUs (He and others 2015), norms change nothing.
 */
export async function writeRandomInception(file: string): Promise<void> {
  const plan = { component: 'inception', sizes: { batch: 1 } } as const;
  const graph = authorNetwork(plan, { device: 'cpu', weights: imaginaryWeights });
  const tensors: Record<string, WritableTensor> = {
    // What pytorch-fid's network has besides: no metric uses it.
    'fc.bias': floats([fidInceptionSizes.classes]),
  };
  for (const { value } of graph.usedWeights.values()) {
    const shape = value.shape.map(Number);
    const values = new Float32Array(sizeOf(shape));
    if (shape.length > 1) {
      const reach = Math.sqrt(6 / sizeOf(shape.slice(1)));
      for (let i = 0; i < values.length; i++) values[i] = reach * (2 * Math.random() - 1);
    } else {
      values.fill(/\.(weight|running_var)$/.test(value.name) ? 1 : 0);
    }
    tensors[value.name] = floats(shape, values);
  }
  await writeSafetensors(file, tensors);
}
