/**
 * Options of onnxruntime sessions, each with its reason. Measured with onnxruntime-node 1.30.
 */
import { freemem } from 'node:os';

import type { InferenceSession } from 'onnxruntime-node';

import type { Device } from '../onnx/operator-table.js';

/**
 * What happens to weights stored as halves, which CPUs do not compute with.
 * `fold`: made float32 once, at load; fastest to run, twice the file's bytes in private memory.
 * `keep-half`: stay mapped from the file, made float32 in every run; loads at once, costs no private memory, a forward
 * pass of Stable Diffusion takes about a tenth longer.
 */
export type WeightsMode = 'fold' | 'keep-half';

/** Folding half a gigabyte takes about two seconds: the longest that is not felt as a wait. */
const FOLD_LIMIT_BYTES = 512e6;

/** Fold small networks that fit well into free memory, keep the others in halves. `float32Bytes`: 4 an element. */
export function defaultWeightsMode(float32Bytes: number, device: Device, freeBytes = freemem()): WeightsMode {
  // On a GPU weights are uploaded once; casting them there in every run would need f16 shaders.
  if (device !== 'cpu') return 'fold';
  return float32Bytes <= Math.min(FOLD_LIMIT_BYTES, freeBytes / 4) ? 'fold' : 'keep-half';
}

/** What folding and packing need at their height, as a multiple of the weights in float32: 1.4 measured, 2 to be safe. */
const FOLD_PEAK = 2;

/**
 * Fold a language model wherever memory allows: every token reads all weights, and a token of SmolLM2-135M takes half as
 * long again when halves are made float32 for each one (71 ms against 46).
 */
export function languageWeightsMode(float32Bytes: number, device: Device, freeBytes = freemem()): WeightsMode {
  return device !== 'cpu' || FOLD_PEAK * float32Bytes <= freeBytes ? 'fold' : 'keep-half';
}

export interface SessionRequest {
  readonly device: Device;
  readonly weightsMode: WeightsMode;
  /** Keep weights as products like them best, in a copy of their own: for products of few rows. */
  readonly packWeights?: boolean;
  /**
   * Let convolutions run on blocks of channels, with a copy of their weights in that order. On the CPU, of batches of 8:
   * a third less for Inception v3 (1.0 against 1.4 processor seconds); no gain for 3 x 3 kernels of UNets, a loss for 1 x 1.
   */
  readonly blockConvolutions?: boolean;
  /** Folder that the model's external data is under. */
  readonly dataFolder: string;
  /** Write a profile of every node to files with this prefix. */
  readonly profile?: string;
}

export function sessionOptions(request: SessionRequest): InferenceSession.SessionOptions {
  const { device, dataFolder, profile, blockConvolutions = false } = request;
  return {
    executionProviders: [device],
    // 'all' adds only the NCHWc layout of convolutions.
    graphOptimizationLevel: blockConvolutions ? 'all' : 'extended',
    logSeverityLevel: 3, // errors; keep-half would warn once for each weight that is not folded
    // Off, every large temporary would page-fault in every run (three times slower).
    enableCpuMemArena: true,
    // On, the second run would plan all its memory as one block, beside what the first run left in the arena: twice.
    enableMemPattern: false,
    ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
    extra: device === 'cpu' ? cpuEntries(request) : entries(dataFolder),
  };
}

function entries(dataFolder: string): Record<string, string> {
  return {
    // External data of a model given as bytes is looked up here; the containment check applies to this folder.
    ...(dataFolder ? { 'session.model_external_initializers_file_folder_path': dataFolder } : {}),
    // Idle threads would burn a core between runs; 0.04 ms a run slower.
    'session.intra_op.allow_spinning': '0',
  };
}

function cpuEntries({ weightsMode, packWeights = false, dataFolder }: SessionRequest): Record<string, string> {
  return {
    ...entries(dataFolder),
    // A token is some thousand short nodes: threads that fall asleep between them gain nothing over a single one. Awake for
    // so long they take a quarter off a token, on a busy machine nothing is lost, and between two runs they sleep.
    ...(packWeights ? { 'session.intra_op.allow_spinning': '1', 'session.intra_op.spin_duration_us': '50' } : {}),
    // Packed copies of weights double memory; products of 77 rows and more are as fast without.
    ...(packWeights ? {} : { 'session.disable_prepacking': '1' }),
    ...(weightsMode === 'keep-half'
      ? {
          // Small constants still fold; weights above this size stay in the file and are cast in every run.
          'optimization.constant_folding_max_output_size_in_bytes': '1048576',
        }
      : {}),
    'optimization.disable_specified_optimizers': [
      ...(weightsMode === 'keep-half' ? ['FuseFp16InitializerToFp32NodeTransformer'] : []),
      // It would sum the last residual, its bias and the norm in another order than a graph with idle branches does.
      'SkipLayerNormFusion',
    ].join(';'),
  };
}
