/** The smallest network that proves a device, and tells how it compares: one product whose result is known. */
import { Graph } from '../onnx/graph.js';
import type { Device } from '../onnx/operator-table.js';
import { matMul } from '../onnx/operators/index.js';
import { imaginaryWeights } from '../onnx/weight-source.js';
import { openGraph } from './open-graph.js';
import { floats } from './tensor.js';

/** 2 GFLOP: about 10 ms on two processor cores, a second on a graphics driver that is itself software. */
const side = 1024;

/** Milliseconds of one product on the device, its first run (compiling, copying the matrices) apart. */
export async function runProbe(device: Device): Promise<number> {
  const graph = new Graph({ device, weights: imaginaryWeights });
  const a = graph.input('a', 'float32', [side, side]);
  const b = graph.input('b', 'float32', [side, side]);
  graph.output('c', matMul(a, b));
  const network = await openGraph(graph, { weightsMode: 'fold' });
  try {
    const shape = [side, side];
    const ones = floats(shape, new Float32Array(side * side).fill(1));
    const ramp = floats(
      shape,
      Float32Array.from({ length: side * side }, (_, i) => i % side),
    );
    await network.run({ a: ones, b: ramp });
    const began = performance.now();
    const { c } = await network.run({ a: ones, b: ramp });
    const milliseconds = performance.now() - began;
    // Each row of ones times a column that holds its own number in every place.
    const wrong = c?.data.findIndex((value, i) => Number(value) !== (i % side) * side) ?? 0;
    if (wrong !== -1) throw new Error('a product of two matrices came out wrong');
    return milliseconds;
  } finally {
    await network.release();
  }
}
