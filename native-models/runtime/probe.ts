/** The smallest network that proves a device: one product whose result is known. */
import { Graph } from '../onnx/graph.js';
import type { Device } from '../onnx/operator-table.js';
import { matMul } from '../onnx/operators/index.js';
import { imaginaryWeights } from '../onnx/weight-source.js';
import { openGraph } from './open-graph.js';
import { floats } from './tensor.js';

export async function runProbe(device: Device): Promise<void> {
  const graph = new Graph({ device, weights: imaginaryWeights });
  const a = graph.input('a', 'float32', [2, 2]);
  graph.output('b', matMul(a, a));
  const network = await openGraph(graph, { weightsMode: 'fold' });
  try {
    const { b } = await network.run({ a: floats([2, 2], Float32Array.of(1, 2, 3, 4)) });
    if (b?.data.join() !== '7,10,15,22') throw new Error(`1 2 / 3 4 squared came out as ${b?.data.join(' ')}`);
  } finally {
    await network.release();
  }
}
