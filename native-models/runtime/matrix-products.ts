/**
 * Products of float64 matrices, by ONNX Runtime: onnxruntime 1.30 runs Gemm in double on the processor, thirty times
 * faster than loops of JavaScript. Matrices are row-major, and what is told of a product is its inner size.
 *
 * A session runs on this thread and cannot be stopped, so large products are made in bands of rows, with a turn for the
 * event loop between two of them.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import type * as Ort from 'onnxruntime-node';

import {
  AttributeProto_AttributeType,
  ModelProtoSchema,
  TensorProto_DataType,
  type ModelProto,
} from '../onnx/protobuf/onnx_pb.js';
import { onnxruntime } from './open-graph.js';
import { sessionOptions } from './session-options.js';

/** Runs a piece of work while nothing else runs on sessions of this process. */
export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

/** Multiplications and additions of one run: about a tenth of a second on two cores. */
const RUN_FLOPS = 3e9;

type Form = 'times' | 'timesTransposed' | 'transposedTimes' | 'lessTimesTransposed';

/** Gemm is alpha A' B' + beta C. */
const forms: Record<Form, { readonly transA: number; readonly transB: number; readonly alpha: number }> = {
  times: { transA: 0, transB: 0, alpha: 1 },
  timesTransposed: { transA: 0, transB: 1, alpha: 1 },
  transposedTimes: { transA: 1, transB: 0, alpha: 1 },
  lessTimesTransposed: { transA: 0, transB: 1, alpha: -1 },
};

export class MatrixProducts {
  readonly #exclusive: Exclusive;
  readonly #sessions = new Map<Form, Promise<Ort.InferenceSession>>();

  /** @param exclusive the engine's lock, held for one run at a time; none where the process has no other sessions */
  constructor(exclusive: Exclusive = (work) => work()) {
    this.#exclusive = exclusive;
  }

  /** A [M, K] B [K, N]: [M, N]. */
  times(a: Float64Array, b: Float64Array, inner: number): Promise<Float64Array> {
    return this.#banded('times', a, b, null, inner, b.length / inner);
  }

  /** A [M, K] B^T for B [N, K]: [M, N]. */
  timesTransposed(a: Float64Array, b: Float64Array, inner: number): Promise<Float64Array> {
    return this.#banded('timesTransposed', a, b, null, inner, b.length / inner);
  }

  /** C [M, N] - A [M, K] B^T for B [N, K]; C stays as it is. */
  lessTimesTransposed(c: Float64Array, a: Float64Array, b: Float64Array, inner: number): Promise<Float64Array> {
    return this.#banded('lessTimesTransposed', a, b, c, inner, b.length / inner);
  }

  /** A^T B for A [K, M] and B [K, N]: [M, N]; one run, so K should be some hundreds. */
  transposedTimes(a: Float64Array, b: Float64Array, inner: number): Promise<Float64Array> {
    const feeds = { a: [a, inner], b: [b, inner] } as const;
    return this.#run('transposedTimes', feeds);
  }

  /** No run may be under way. */
  async release(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).release();
  }

  async #banded(
    form: Form,
    a: Float64Array,
    b: Float64Array,
    c: Float64Array | null,
    inner: number,
    columns: number,
  ): Promise<Float64Array> {
    const rows = a.length / inner;
    const band = Math.max(32, Math.floor(RUN_FLOPS / (2 * inner * columns)));
    const part = (from: number, to: number): Promise<Float64Array> =>
      this.#run(form, {
        a: [a.subarray(from * inner, to * inner), to - from],
        b: [b, form === 'times' ? inner : columns],
        ...(c === null ? {} : { c: [c.subarray(from * columns, to * columns), to - from] as const }),
      });
    if (rows <= band) return part(0, rows);
    const product = new Float64Array(rows * columns);
    for (let from = 0; from < rows; from += band) {
      product.set(await part(from, Math.min(rows, from + band)), from * columns);
    }
    return product;
  }

  /** Inputs with the size of their first axis. */
  async #run(
    form: Form,
    inputs: Readonly<Record<string, readonly [Float64Array, number]>>,
  ): Promise<Float64Array<ArrayBuffer>> {
    const ort = await onnxruntime();
    const session = await this.#session(form);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, [data, first]]) => [
        name,
        new ort.Tensor('float64', data, [first, data.length / first]),
      ]),
    );
    const { product } = await this.#exclusive(() => session.run(feeds));
    return product?.data as Float64Array<ArrayBuffer>;
  }

  #session(form: Form): Promise<Ort.InferenceSession> {
    const known = this.#sessions.get(form);
    if (known !== undefined) return known;
    const opened = this.#exclusive(async () => {
      const ort = await onnxruntime();
      const options = sessionOptions({ device: 'cpu', weightsMode: 'fold', dataFolder: '' });
      return ort.InferenceSession.create(toBinary(ModelProtoSchema, gemm(form)), options);
    });
    this.#sessions.set(form, opened);
    return opened;
  }
}

/** A model of one Gemm in double; graphs of networks (`onnx/graph.ts`) compute in float32 only. */
function gemm(form: Form): ModelProto {
  const { transA, transB, alpha } = forms[form];
  const names = form === 'lessTimesTransposed' ? ['a', 'b', 'c'] : ['a', 'b'];
  const { INT, FLOAT } = AttributeProto_AttributeType;
  const matrix = (name: string) => {
    const dim = ['rows', 'columns'].map((axis) => ({
      value: { case: 'dimParam' as const, value: `${name} ${axis}` },
    }));
    const tensorType = { elemType: TensorProto_DataType.DOUBLE, shape: { dim } };
    return { name, type: { value: { case: 'tensorType' as const, value: tensorType } } };
  };
  return create(ModelProtoSchema, {
    irVersion: 10n,
    producerName: 'inkstone',
    opsetImport: [{ domain: '', version: 21n }],
    graph: {
      name: 'product',
      node: [
        {
          opType: 'Gemm',
          input: names,
          output: ['product'],
          attribute: [
            { name: 'transA', type: INT, i: BigInt(transA) },
            { name: 'transB', type: INT, i: BigInt(transB) },
            { name: 'alpha', type: FLOAT, f: alpha },
          ],
        },
      ],
      input: names.map(matrix),
      output: [matrix('product')],
    },
  });
}
