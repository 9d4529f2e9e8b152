/**
 * From an authored graph to a network that runs: the only place where sessions of onnxruntime are made.
 *
 * onnxruntime-node is imported on first use. A graph's inputs are checked before every run, since some wrong inputs do
 * not throw but end the process (a product over zero elements on WebGPU, for one).
 */
import type * as Ort from 'onnxruntime-node';

import { downName, upName } from '../architectures/low-rank-branch.js';
import { ModelError } from '../errors.js';
import type { Graph, GraphInput } from '../onnx/graph.js';
import { describeShape } from '../onnx/value.js';
import { writeModel } from '../onnx/write-model.js';
import type { Network, Tensors } from './network.js';
import type { WeightsMode } from './session-options.js';
import { sessionOptions } from './session-options.js';
import type { Tensor } from './tensor.js';
import { floats, ints, sizeOf } from './tensor.js';

export interface OpenGraphOptions {
  readonly weightsMode: WeightsMode;
  readonly packWeights?: boolean;
  readonly blockConvolutions?: boolean;
  readonly profile?: string;
}

let loaded: Promise<typeof Ort> | undefined;

/** The runtime, loaded at first use. */
export async function onnxruntime(): Promise<typeof Ort> {
  loaded ??= import('onnxruntime-node').then((module) =>
    'default' in module ? (module.default as typeof Ort) : module,
  );
  return loaded;
}

export async function openGraph(graph: Graph, options: OpenGraphOptions): Promise<Network> {
  const ort = await onnxruntime();
  const { bytes, dataFolder } = writeModel(graph);
  const { device } = graph;
  const request = { ...options, device, dataFolder };
  try {
    const session = await ort.InferenceSession.create(bytes, sessionOptions(request));
    return new SessionNetwork(ort, session, graph);
  } catch (cause) {
    throw openingError(cause, graph);
  }
}

class SessionNetwork implements Network {
  readonly #ort: typeof Ort;
  readonly #session: Ort.InferenceSession;
  readonly #inputs: ReadonlyMap<string, GraphInput>;
  /** What stands for an input that was left out: idle adapters, optional conditions. */
  readonly #idle: ReadonlyMap<string, Tensor>;
  #released = false;

  constructor(ort: typeof Ort, session: Ort.InferenceSession, graph: Graph) {
    this.#ort = ort;
    this.#session = session;
    this.#inputs = new Map(graph.inputs.map((input) => [input.value.name, input]));
    this.#idle = new Map(idleInputs(graph));
  }

  async run(inputs: Tensors): Promise<Tensors> {
    if (this.#released) throw new ModelError('bad-input', 'This network was released and cannot run any more.');
    const results = await this.#session.run(this.#feeds(inputs));
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#session.release();
  }

  #feeds(inputs: Tensors): Record<string, Ort.Tensor> {
    for (const name of Object.keys(inputs)) {
      if (this.#inputs.has(name)) continue;
      const known = [...this.#inputs.keys()].filter((other) => !other.startsWith('lora.'));
      throw new ModelError('bad-input', `This network has no input ${name}; its inputs are ${known.join(', ')}.`);
    }
    const ranks = new Map<string, number>();
    const feeds: Record<string, Ort.Tensor> = {};
    for (const [name, input] of this.#inputs) {
      const idle = this.#idle.get(name);
      const given = inputs[name];
      // Rank 0 means idle; the runtime never sees it.
      const tensor = !given || given.shape.includes(0) ? (idle ?? given) : given;
      if (!tensor)
        throw new ModelError('bad-input', `The input ${name} ${describeShape(input.value.shape)} is missing.`);
      feeds[name] = this.#toOrt(checked(tensor, input, ranks));
    }
    return feeds;
  }

  #toOrt({ dtype, data, shape }: Tensor): Ort.Tensor {
    return new this.#ort.Tensor(dtype, data, shape);
  }
}

/** Zeros for every input that may be left out. */
function idleInputs(graph: Graph): [string, Tensor][] {
  const idle = graph.inputs
    .filter(({ optional }) => optional)
    .map(({ value }): [string, Tensor] => [value.name, floats(value.shape.map(Number))]);
  if (!graph.adapters) return idle;
  // Not rank 0: a product over nothing kills the process on WebGPU, and on the CPU (onnxruntime 1.30) Conv and batched
  // MatMul leave whatever was in their output. A pair of rank 1 full of zeros adds exactly 0 on every device.
  const rank = 1;
  for (const layer of graph.adaptableLayers) {
    idle.push([downName(layer.path), floats([rank, layer.inFeatures, ...(layer.kernel ?? [])])]);
    idle.push([upName(layer.path), floats([layer.outFeatures, rank])]);
  }
  return idle;
}

/** The tensor, if it is what the graph's input takes; `ranks` collects what symbolic axes turn out to be. */
function checked(given: Tensor, { value, below, broadcast }: GraphInput, ranks: Map<string, number>): Tensor {
  const { name, dtype, shape } = value;
  const wrong = (expected: string, got: string): ModelError =>
    new ModelError('bad-input', `The input ${name} should be ${expected}, got ${got}.`);

  if (given.dtype !== dtype) throw wrong(dtype, given.dtype);
  if (given.data.length !== sizeOf(given.shape)) {
    throw wrong(`${sizeOf(given.shape)} numbers for its shape ${describeShape(given.shape)}`, `${given.data.length}`);
  }
  // onnxruntime refuses shared memory with "Invalid argument".
  if (!(given.data.buffer instanceof ArrayBuffer)) throw wrong('in memory of its own', 'shared memory');
  if (broadcast && given.shape.length === 1 && given.shape[0] === 1) return repeat(given, Number(shape[0]));

  const fits =
    given.shape.length === shape.length && shape.every((dim, axis) => given.shape[axis] === axisSize(dim, axis));
  if (!fits) throw wrong(describeShape(shape), describeShape(given.shape));
  if (below !== null) {
    const outside = (given.data as BigInt64Array).find((id) => id < 0n || id >= BigInt(below));
    if (outside !== undefined) throw wrong(`made of whole numbers from 0 to ${below - 1}`, `${outside}`);
  }
  return given;

  function axisSize(dim: number | string, axis: number): number {
    if (typeof dim === 'number') return dim;
    const size = given.shape[axis] ?? 0;
    const known = ranks.get(dim) ?? size;
    ranks.set(dim, known);
    return known;
  }
}

/** One number for every row. */
function repeat(given: Tensor, rows: number): Tensor {
  if (rows === 1) return given;
  if (given.dtype === 'float32') return floats([rows], new Float32Array(rows).fill(given.data[0] ?? 0));
  return ints([rows], new Array<bigint>(rows).fill(given.data[0] ?? 0n));
}

function fromOrt(tensor: Ort.Tensor): Tensor {
  // `data` of a tensor that lives on a GPU must never be read; outputs here always come back to memory.
  if (tensor.location !== 'cpu') throw new TypeError(`an output stayed on ${tensor.location}`);
  const shape = [...tensor.dims];
  if (tensor.type === 'float32') return { dtype: 'float32', shape, data: tensor.data as Float32Array };
  if (tensor.type === 'int64') return { dtype: 'int64', shape, data: tensor.data as BigInt64Array };
  throw new TypeError(`an output is ${tensor.type}; graphs give float32 and int64`);
}

function openingError(cause: unknown, { device, weights }: Graph): ModelError {
  // Without the place in the runtime's source, which it puts in front.
  const text = String(cause instanceof Error ? cause.message : cause)
    .replace(/^\/\S+?:\d+ .*\)( was false\.)? /, '')
    .trim();
  if (/alloc|out of memory/i.test(text)) {
    return new ModelError('out-of-memory', `${weights.label} does not fit into memory.`, { cause });
  }
  if (device !== 'cpu') {
    const why = absences.find(({ words }) => words.test(text))?.means ?? `it cannot run ${weights.label} (${text})`;
    return new ModelError('device-unavailable', `The device ${device} cannot be used: ${why}. Choose another one.`, {
      cause,
    });
  }
  return new ModelError('bad-file', `${weights.label} cannot be opened: ${text}`, { cause });
}

/** What the runtime says of a device that is not there, and what that means to a person. */
const absences: readonly { readonly words: RegExp; readonly means: string }[] = [
  { words: /Failed to get a WebGPU adapter|No supported adapters/i, means: 'no graphics card answers to WebGPU here' },
  { words: /Failed to load shared library|libcu|cudnn/i, means: 'its libraries are not installed here' },
  {
    words: /not (been )?(enabled|built|supported)|backend not found|no available backend/i,
    means: 'this build of the studio does not bring it',
  },
];
