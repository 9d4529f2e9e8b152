/**
 * Adapters merged into a model's weights and written as a `.safetensors` file, under the model's own tensor names. One
 * tensor is in memory at a time, whatever the model's size. The model's own files are never written to.
 */
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ModelError } from '../errors.js';
import type { TextEncoderFiles, UNetFiles } from '../weight-formats/component-folder.js';
import { readModelComponent } from '../weight-formats/read-picture-model.js';
import { floatsToBrains, floatsToHalves } from '../weight-formats/number-formats.js';
import { readFloats, readStored } from '../weight-formats/read-floats.js';
import type { SafetensorsFile, SafetensorsTensor } from '../weight-formats/safetensors.js';
import { writeSafetensors, type WritableTensor } from '../weight-formats/write-safetensors.js';
import type { AdaptableComponentName } from './adapter.js';
import { AdapterSet, type AdapterUse } from './adapter-set.js';
import { mergePairs } from './merge.js';
import { readAdaptableModel } from './read-adaptable-model.js';
import { pairsByLayer, type WeightedPair } from './stack-adapters.js';

/** `base`: every tensor as the model has it. */
export type BakedDtype = 'f32' | 'f16' | 'bf16' | 'base';

export interface BakeRequest {
  /** A pipeline folder, or the component's own. */
  readonly modelPath: string;
  readonly component: string;
  readonly adapters: readonly AdapterUse[];
  /** Where the file goes: beside and renamed. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly dtype: BakedDtype;
  /** All tensors of the component instead of the touched ones. */
  readonly full: boolean;
}

interface BakeListeners {
  /** The part that is done, 0 to 1. */
  readonly onProgress?: (part: number) => void;
  readonly signal?: AbortSignal;
}

export interface Baked {
  readonly tensors: number;
  /** `f32`, `f16`, `bf16`; with `base` the format of most of the model's tensors. */
  readonly dtype: string;
  readonly bytes: number;
}

/** Refuses what would write over a file of the model or an adapter, or over any file unless told. */
export async function bakeAdapters(request: BakeRequest, listeners: BakeListeners = {}): Promise<Baked> {
  const { modelPath, component, adapters, dtype, full } = request;
  if (!isAdaptable(component)) {
    const sentence = `Adapters change text_encoder, text_encoder_2 and unet; ${component} cannot be baked.`;
    throw new ModelError('bad-input', sentence);
  }
  const files = await readModelComponent(modelPath, component);
  if (files.kind !== 'unet' && files.kind !== 'text_encoder') throw new TypeError(`${component} is a ${files.kind}`);
  const out = path.resolve(request.out);
  await refuseTarget(
    out,
    adapters.map(({ file }) => file),
    [...files.weights.files.map(({ file }) => file), path.join(files.folder, 'config.json')],
    request.overwrite,
  );

  const ready = await new AdapterSet(await readAdaptableModel(modelPath, component, files)).ready(adapters);
  const weighted = ready.weighted(component);
  if (pairsByLayer(weighted).size === 0 && !full) {
    const sentence = `None of these adapters changes the ${component} at these strengths: there is nothing to bake.`;
    throw new ModelError('bad-input', sentence);
  }
  const tensors = await writeMerged({ files, weighted, out, dtype, full }, listeners);
  const { size } = await stat(out);
  return { tensors, dtype: dtype === 'base' ? files.dtype.toLowerCase() : dtype, bytes: size };
}

const isAdaptable = (name: string): name is AdaptableComponentName =>
  ['text_encoder', 'text_encoder_2', 'unet'].includes(name);

export interface MergeRequest {
  readonly files: TextEncoderFiles | UNetFiles;
  readonly weighted: readonly WeightedPair[];
  /** Absolute path. */
  readonly out: string;
  readonly dtype: BakedDtype;
  readonly full: boolean;
}

/** Writes merged weights; the number of tensors written. */
export async function writeMerged(
  { files, weighted, out, dtype, full }: MergeRequest,
  { onProgress, signal }: BakeListeners = {},
): Promise<number> {
  const { weights, label } = files;
  const touched = touchedTensors(files, weighted);
  const chosen = weights.files.flatMap((file) =>
    [...file.tensors.values()]
      .filter(({ name }) => full || touched.has(name))
      .map((tensor) => ({ file, tensor, parts: touched.get(tensor.name) ?? [] })),
  );
  const total = chosen.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  let done = 0;
  const entries = chosen.map(({ file, tensor, parts }): [string, WritableTensor] => {
    const stored = storedAs(tensor, dtype);
    const bytes = async (): Promise<Uint8Array> => {
      await setImmediate(); // lets a stop in
      if (signal?.aborted) throw new ModelError('cancelled', 'Stopped.');
      const made = await mergedBytes(file, tensor, parts, stored, label);
      done += tensor.byteLength;
      onProgress?.(done / total);
      return made;
    };
    return [tensor.name, { dtype: stored, shape: tensor.shape, bytes }];
  });
  await writeSafetensors(out, Object.fromEntries(entries));
  return entries.length;
}

/** The pairs on each tensor, by the name that it is stored under. */
function touchedTensors(
  { weights, label }: TextEncoderFiles | UNetFiles,
  weighted: readonly WeightedPair[],
): ReadonlyMap<string, readonly WeightedPair[]> {
  const touched = new Map<string, readonly WeightedPair[]>();
  for (const [layer, parts] of pairsByLayer(weighted)) {
    const stored = weights.find(`${layer}.weight`);
    if (stored === null) throw new ModelError('unfit-model', `${label} has no tensor ${layer}.weight.`);
    touched.set(stored.name, parts);
  }
  return touched;
}

const storedNames = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;
const floatDtypes = ['F64', 'F32', 'F16', 'BF16'];

/** Whole numbers, position ids for one, stay what they are. */
function storedAs({ dtype: own }: SafetensorsTensor, wish: BakedDtype): string {
  return wish === 'base' || !floatDtypes.includes(own) ? own : storedNames[wish];
}

async function mergedBytes(
  file: SafetensorsFile,
  tensor: SafetensorsTensor,
  parts: readonly WeightedPair[],
  stored: string,
  label: string,
): Promise<Uint8Array> {
  if (parts.length === 0 && stored === tensor.dtype) return readStored(file, tensor);
  const [base] = (await readFloats(file, [tensor])).floats as [Float32Array];
  const values = parts.length === 0 ? base : mergePairs(base, tensor.shape[0] ?? 1, parts);
  const encoded = encode(values, stored);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0); // NaN stays NaN
  if (largest < limits[stored]!) return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const what = Number.isFinite(largest) ? `reaches ${largest.toPrecision(4)}` : 'holds values that are not numbers';
  const advice = stored === 'F16' ? 'choose f32 or bf16, or smaller strengths' : 'choose smaller strengths';
  const sentence = `${label}: with these adapters ${tensor.name} ${what}, which ${stored} cannot hold; ${advice}.`;
  throw new ModelError('bad-input', sentence);
}

/** What rounds to infinity from here on. */
const limits: Readonly<Record<string, number>> = {
  F16: 65_520,
  BF16: 2 ** 128 - 2 ** 119,
  F32: 2 ** 128,
  F64: 2 ** 128,
};

function encode(values: Float32Array, stored: string): Float32Array | Float64Array | Uint16Array {
  switch (stored) {
    case 'F16':
      return floatsToHalves(values);
    case 'BF16':
      return floatsToBrains(values);
    case 'F64':
      return Float64Array.from(values);
    default:
      return values;
  }
}

/** Links and other spellings of a path are still the same file. */
async function refuseTarget(
  out: string,
  adapters: readonly string[],
  own: readonly string[],
  overwrite: boolean,
): Promise<void> {
  const real = await realpath(out).catch(() => null);
  if (real === null) return;
  const isTarget = async (file: string): Promise<boolean> => (await realpath(file).catch(() => file)) === real;
  const name = path.basename(out);
  const refuse = (sentence: string): ModelError => new ModelError('bad-input', sentence, { file: out });
  for (const file of adapters) {
    if (await isTarget(file)) throw refuse(`${name} is one of the adapters themselves: choose another name.`);
  }
  for (const file of own) {
    if (await isTarget(file)) throw refuse(`${name} belongs to the model itself: choose another name.`);
  }
  if (!overwrite) throw refuse(`${out} already exists; choose another name or allow it to be replaced.`);
}
