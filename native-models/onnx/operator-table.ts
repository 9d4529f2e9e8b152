/**
 * Which operator runs where, and in which form a layer is authored for each device.
 *
 * Measured with onnxruntime 1.30 on `cpu` and on `webgpu` (Dawn on a software Vulkan driver), reading placement
 * from profiles. `webgpu` and `cpu` are proven by tests; the other devices take the standard forms and are unproven.
 * An operator that is not in the table, or that its device has no kernel for, is refused while authoring: on
 * WebGPU a missing kernel would not fail but silently copy to the CPU and back in every run.
 */

/** What a graph can be authored for. `runtime/devices.ts` tells which of them are here. */
export type Device = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

export const MICROSOFT = 'com.microsoft';

interface OperatorRow {
  readonly domain: '' | typeof MICROSOFT;
  readonly runsOn: readonly Device[];
}

const everywhere: OperatorRow = { domain: '', runsOn: ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] };

const operators = {
  // arithmetic
  Add: everywhere,
  Sub: everywhere,
  Mul: everywhere,
  Div: everywhere,
  Equal: everywhere,
  Sin: everywhere,
  Cos: everywhere,
  Floor: everywhere,
  Sqrt: everywhere,
  Sigmoid: everywhere,
  Tanh: everywhere,
  Softplus: everywhere,
  Relu: everywhere,
  Gelu: everywhere,
  // On CPU and WebGPU x * sigmoid(alpha x) is one kernel.
  QuickGelu: { domain: MICROSOFT, runsOn: ['cpu', 'webgpu', 'cuda', 'dml'] },
  // shape and movement
  // On WebGPU a Cast of int64 runs on the CPU; ids of tokens are the only ones.
  Cast: everywhere,
  Reshape: everywhere,
  Shape: everywhere,
  Transpose: everywhere,
  Unsqueeze: everywhere,
  Concat: everywhere,
  Split: everywhere,
  Slice: everywhere,
  Expand: everywhere,
  Gather: everywhere,
  GatherND: everywhere,
  Resize: everywhere,
  // float32 only on WebGPU: ArgMax of int64 falls back to the CPU there
  ArgMax: everywhere,
  // products
  MatMul: everywhere,
  Gemm: everywhere,
  // Takes a weight [out, in] as it is stored, for inputs of any rank. WebGPU falls back to the CPU.
  FusedMatMul: { domain: MICROSOFT, runsOn: ['cpu', 'cuda'] },
  Conv: everywhere,
  MaxPool: everywhere,
  AveragePool: everywhere,
  // Weights of 4 and 8 bits in blocks. ReduceSum serves the minimums of GGUF's formats.
  MatMulNBits: { domain: MICROSOFT, runsOn: ['cpu', 'webgpu', 'cuda', 'dml'] },
  GatherBlockQuantized: { domain: MICROSOFT, runsOn: ['cpu', 'webgpu', 'cuda'] },
  ReduceSum: everywhere,
  // norms; GroupNormalization has no kernel on WebGPU (28 nodes, some on the CPU) and is slower on the CPU
  LayerNormalization: everywhere,
  InstanceNormalization: everywhere,
  // The RMS norm; onnxruntime has it in the standard domain, of which it is no part.
  SimplifiedLayerNormalization: { domain: '', runsOn: ['cpu', 'webgpu', 'cuda', 'dml'] },
  ReduceMean: everywhere,
  // Fixed statistics: the runtime makes it part of the convolution before it, on every device.
  BatchNormalization: everywhere,
  Softmax: everywhere,
  // Pairs of halves or of neighbours, by tables of cosines and sines.
  RotaryEmbedding: { domain: MICROSOFT, runsOn: ['cpu', 'webgpu', 'cuda', 'dml'] },
  // On the CPU 74 ms against 774 ms and 2.2 GB for MatMul, Softmax, MatMul at 4096 tokens; nothing fuses the pattern.
  MultiHeadAttention: { domain: MICROSOFT, runsOn: ['cpu', 'cuda', 'dml'] },
} as const satisfies Record<string, OperatorRow>;

export type OperatorName = keyof typeof operators;

export function operatorDomain(operator: OperatorName): OperatorRow['domain'] {
  return operators[operator].domain;
}

export function runsOn(operator: OperatorName, device: Device): boolean {
  return (operators[operator].runsOn as readonly Device[]).includes(device);
}

/** The form each layer takes on each device, where there is more than one. */
interface LayerForms {
  /**
   * y = x W^T with W stored [out, in]. `fused-mat-mul`: one node, no reshapes, no copy of W.
   * `gemm`: Reshape to rows, Gemm(transB), Reshape back.
   */
  readonly linear: 'fused-mat-mul' | 'gemm';
  /** x * sigmoid(alpha x): one kernel, or Sigmoid and Mul. */
  readonly gatedSigmoid: 'quick-gelu' | 'sigmoid-mul';
  /**
   * One kernel, or MatMul, Softmax, MatMul. WebGPU's one kernel gives wrong numbers on adapters with subgroups of four
   * (the software driver of the tests), and did on others in earlier versions; single products are right on all.
   */
  readonly attention: 'multi-head-attention' | 'plain';
  /**
   * Rows of a table of halves. `as-stored`: rows first, then float32 of those; `float32`: the whole table made float32
   * at load, since halves need a GPU that computes with them.
   */
  readonly embedding: 'as-stored' | 'float32';
  /** One kernel, or its formula in standard operators. */
  readonly rmsNorm: 'simplified-layer-norm' | 'reduce-mean';
  readonly rotaryEmbedding: 'kernel' | 'plain';
  /**
   * How one text's queries meet its keys and values, which lie token by token. `strided`: products that step over the
   * other heads' numbers; `transposed`: the heads are brought together first, a copy of all keys and values.
   */
  readonly groupedQueryAttention: 'strided' | 'transposed';
  /** WebGPU's shading language promises sines between -pi and pi only. */
  readonly trigonometry: 'kernel' | 'reduced';
}

const unprovenForms: LayerForms = {
  linear: 'gemm',
  gatedSigmoid: 'quick-gelu',
  attention: 'multi-head-attention',
  embedding: 'float32',
  rmsNorm: 'simplified-layer-norm',
  rotaryEmbedding: 'kernel',
  groupedQueryAttention: 'transposed',
  trigonometry: 'kernel',
};

export const layerForms: Record<Device, LayerForms> = {
  cpu: {
    ...unprovenForms,
    linear: 'fused-mat-mul',
    embedding: 'as-stored',
    groupedQueryAttention: 'strided',
  },
  webgpu: { ...unprovenForms, attention: 'plain', trigonometry: 'reduced' },
  cuda: unprovenForms,
  dml: unprovenForms,
  // CoreML knows only standard operators.
  coreml: {
    ...unprovenForms,
    gatedSigmoid: 'sigmoid-mul',
    attention: 'plain',
    rmsNorm: 'reduce-mean',
    rotaryEmbedding: 'plain',
  },
};
