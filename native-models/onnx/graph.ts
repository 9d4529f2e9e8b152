/**
 * A graph under construction: inputs, weights, constants and nodes, in the order they were asked for.
 *
 * Operators (`operators/`) are plain functions from values to a value; each value remembers its graph, and this
 * class only collects what they emit. `write-model.ts` turns the result into the bytes of an ONNX model.
 */
import { ModelError } from '../errors.js';
import { AuthoringError } from './authoring-error.js';
import type { Device, OperatorName } from './operator-table.js';
import { runsOn } from './operator-table.js';
import type { DataType, Shape } from './value.js';
import { Value, describeShape, sameShape } from './value.js';
import type { QuantizedCompute, QuantizedMatrix } from './operators/quantized.js';
import type { StoredTensor, WeightSource } from './weight-source.js';

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly text: string };

export interface Node {
  readonly name: string;
  readonly operator: OperatorName;
  /** An empty name is an absent optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface GraphInput {
  readonly value: Value;
  /** A whole number input must be below this, and at least 0: token ids against a vocabulary. Null: any number. */
  readonly below: number | null;
  /** What a caller may leave out: then it is all zeros. */
  readonly optional: boolean;
  /** [1] is taken too, and stands for every row: one timestep for a batch. */
  readonly broadcast: boolean;
}

export interface Constant {
  readonly value: Value;
  readonly data: Float32Array | BigInt64Array;
}

export interface Weight {
  readonly value: Value;
  /** 'any': authored against imaginary weights; such a graph cannot be written. */
  readonly stored: StoredTensor | 'any';
}

/** A Linear or Conv layer that low-rank adapters can change, by its dotted name in diffusers and transformers. */
export interface AdaptableLayer {
  readonly path: string;
  readonly kind: 'linear' | 'conv';
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [kh, kw]; null for a linear layer. */
  readonly kernel: readonly [number, number] | null;
}

export interface GraphOptions {
  readonly device: Device;
  readonly weights: WeightSource;
  /** Give every adaptable layer a low-rank branch whose matrices are inputs of the graph. */
  readonly adapters?: boolean;
  /** What products with quantised matrices are computed in: `int8` unless told. */
  readonly quantizedCompute?: QuantizedCompute;
}

export class Graph {
  readonly device: Device;
  readonly weights: WeightSource;
  readonly adapters: boolean;
  readonly quantizedCompute: QuantizedCompute;

  readonly inputs: GraphInput[] = [];
  readonly outputs: { readonly name: string; readonly value: Value }[] = [];
  readonly constants: Constant[] = [];
  readonly usedWeights = new Map<string, Weight>();
  readonly nodes: Node[] = [];
  readonly adaptableLayers: AdaptableLayer[] = [];

  readonly #constantsByContent = new Map<string, Value>();
  readonly #names = new Set<string>();
  readonly #casts = new Map<Value, Value>();
  /** Weights by name -> their module; nodes that read one are named after it, which makes profiles readable. */
  readonly #modules = new Map<string, string>();

  constructor({ device, weights, adapters = false, quantizedCompute = 'int8' }: GraphOptions) {
    this.device = device;
    this.weights = weights;
    this.adapters = adapters;
    this.quantizedCompute = quantizedCompute;
  }

  input(
    name: string,
    dtype: 'float32' | 'int64',
    shape: Shape,
    options: { below?: number; optional?: boolean; broadcast?: boolean } = {},
  ): Value {
    const value = this.#declare(name, dtype, shape);
    const { below = null, optional = false, broadcast = false } = options;
    this.inputs.push({ value, below, optional, broadcast });
    return value;
  }

  output(name: string, value: Value): void {
    if (this.outputs.some((output) => output.name === name)) {
      throw new AuthoringError('output', 'name', 'used once', name);
    }
    this.outputs.push({ name, value });
  }

  /**
   * A tensor of the checkpoint as float32, whatever it is stored as (a Cast folds at load or runs with every call,
   * see `runtime/session-options.ts`). `as` reads the same bytes in another shape: [C] as [C, 1, 1].
   */
  weight(name: string, shape: readonly number[], as: readonly number[] = shape): Value {
    return this.#asFloat32(this.storedWeight(name, shape, as));
  }

  /** The same in the number format of its file. */
  storedWeight(name: string, shape: readonly number[], as: readonly number[] = shape): Value {
    const key = `${name} ${as.join('x')}`;
    const known = this.usedWeights.get(key);
    if (known) return known.value;

    const stored = this.weights.find(name);
    if (stored === null) {
      throw new ModelError('unfit-model', `${this.weights.label} has no tensor ${name}, which its config asks for.`);
    }
    if (stored !== 'any') checkStored(stored, shape, this.weights.label);
    const dtype = stored === 'any' || stored.dtype === 'other' ? 'float32' : stored.dtype;
    const alias = as === shape ? name : `${name}:${as.join('x')}`;
    const value = this.#declare(alias, dtype, as);
    this.usedWeights.set(key, { value, stored });
    this.#modules.set(alias, name.replace(/\.[^.]*$/, ''));
    return value;
  }

  /**
   * The matrix [N, K] of that name as it is stored, if that is in blocks of whole numbers; else null. Several names: the
   * rows of all of them, if they are stored one after another. `as` reads the whole numbers as rows of blocks
   * [N, K / block, bytes], for products, or as rows of bytes [N, K * bits / 8].
   */
  quantizedMatrix(
    name: string | readonly [string, ...string[]],
    shape: readonly [number, number],
    as: 'blocks' | 'rows',
  ): QuantizedMatrix | null {
    const names = typeof name === 'string' ? ([name] as const) : name;
    const stored = this.weights.findQuantized?.(...names) ?? null;
    if (stored === null) return null;
    const { bits, block, packed, scales, minimums } = stored;
    if (!sameShape(stored.shape, shape)) {
      throw unfitShape(this.weights.label, names.join(' and '), stored.shape, shape, packed.file);
    }
    const bytes = (block * bits) / 8;
    const blocks = shape[1] / block;
    return {
      bits,
      block,
      packed: this.#storedAs(packed, as === 'blocks' ? [shape[0], blocks, bytes] : [shape[0], blocks * bytes]),
      scales: this.#storedAs(scales, [shape[0], blocks]),
      minimums: minimums && this.#storedAs(minimums, [shape[0], blocks]),
    };
  }

  /** The bytes of a stored tensor in the dtype they have, in another shape. */
  #storedAs(stored: StoredTensor, as: readonly number[]): Value {
    const alias = `${stored.name}:${as.join('x')}`;
    const known = this.usedWeights.get(alias);
    if (known) return known.value;
    const value = this.#declare(alias, stored.dtype as DataType, as);
    this.usedWeights.set(alias, { value, stored });
    this.#modules.set(alias, stored.name.replace(/(\.weight)?\.[^.]*$/, ''));
    return value;
  }

  /** A small constant inside the model itself; equal ones are stored once. */
  constant(dtype: 'float32' | 'int64', shape: readonly number[], numbers: readonly number[]): Value {
    const content = `${dtype} ${describeShape(shape)} ${numbers.join(' ')}`;
    const known = this.#constantsByContent.get(content);
    if (known) return known;
    const value = this.#declare(`constant_${this.constants.length}`, dtype, shape);
    const data = dtype === 'float32' ? Float32Array.from(numbers) : BigInt64Array.from(numbers, BigInt);
    this.constants.push({ value, data });
    this.#constantsByContent.set(content, value);
    return value;
  }

  /** Add a node with one output. Operators call this; architectures never do. */
  node(
    operator: OperatorName,
    inputs: readonly (Value | null)[],
    result: { readonly dtype: DataType; readonly shape: Shape },
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const [value] = this.nodeWithOutputs(operator, inputs, [result], attributes);
    return value as Value;
  }

  nodeWithOutputs(
    operator: OperatorName,
    inputs: readonly (Value | null)[],
    results: readonly { readonly dtype: DataType; readonly shape: Shape }[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    if (!runsOn(operator, this.device)) {
      throw new AuthoringError(operator, 'device', 'one that has a kernel for it', this.device);
    }
    for (const input of inputs) {
      if (input && input.graph !== this) throw new AuthoringError(operator, 'input', 'a value of this graph', input);
    }
    const module = inputs.map((input) => input && this.#modules.get(input.name)).find(Boolean);
    const name = `${module ? `${module}/` : ''}${operator}_${this.nodes.length}`;
    const values = results.map(({ dtype, shape }, index) =>
      this.#declare(results.length === 1 ? name : `${name}.${index}`, dtype, shape),
    );
    this.nodes.push({
      name,
      operator,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: values.map((value) => value.name),
      attributes,
    });
    return values;
  }

  #asFloat32(value: Value): Value {
    if (value.dtype === 'float32') return value;
    const known = this.#casts.get(value);
    if (known) return known;
    const cast = this.node('Cast', [value], { dtype: 'float32', shape: value.shape }, { to: { int: 1 } });
    this.#casts.set(value, cast);
    this.#modules.set(cast.name, this.#modules.get(value.name) ?? '');
    return cast;
  }

  #declare(name: string, dtype: DataType, shape: Shape): Value {
    if (this.#names.has(name)) throw new AuthoringError('graph', 'name', 'used once', name);
    this.#names.add(name);
    for (const dim of shape) {
      if (typeof dim === 'number' && (!Number.isInteger(dim) || dim < 0)) {
        throw new AuthoringError('graph', `shape of ${name}`, 'whole numbers', describeShape(shape));
      }
    }
    return new Value(this, name, dtype, shape);
  }
}

function checkStored(stored: StoredTensor, expected: readonly number[], label: string): void {
  if (stored.dtype === 'other' || /^u?int|^bool/.test(stored.dtype)) {
    throw new ModelError(
      'unsupported',
      `${label}: ${stored.name} is stored as ${stored.dtypeName}, this network runs F32, F16, BF16 and F64 weights.`,
      { file: stored.file },
    );
  }
  if (!sameShape(stored.shape, expected)) throw unfitShape(label, stored.name, stored.shape, expected, stored.file);
}

function unfitShape(label: string, name: string, is: Shape, expected: Shape, file: string): ModelError {
  const sentence = `${label}: ${name} is ${describeShape(is)}, its config asks for ${describeShape(expected)}.`;
  return new ModelError('unfit-model', sentence, { file });
}
