/** A language model in a GGUF file: what it is, from its header, and what runs of it. */
import { open } from 'node:fs/promises';

import { ModelError } from '../../errors.js';
import type { LanguageFiles } from '../language-folder.js';
import { dequantize, requireReadable } from './dequantize.js';
import { readGgufConfig } from './gguf-config.js';
import type { GgufTokenizer } from './gguf-tokenizer.js';
import { readGgufTokenizer } from './gguf-tokenizer.js';
import { runnableWeights, storedWeights } from './gguf-weights.js';
import type { GgufFile, GgufTensor } from './read-gguf.js';
import { readGguf } from './read-gguf.js';
import type { RepackOptions } from './repacked-file.js';
import { needsRepacking, repackedBytes } from './repacked-file.js';
import { transformersName } from './tensor-names.js';

export interface LanguageGguf extends LanguageFiles {
  readonly gguf: GgufFile;
  readonly tokenizer: GgufTokenizer;
  /** What `prepareGguf` writes on disk before the model runs for the first time; 0: it runs from the file itself. */
  readonly repackedBytes: number;
}

/**
 * Reads the header, of all parts of a split model. Its `weights` are for looking at: `prepareGguf` gives those that run.
 * Throws a `ModelError`: `unsupported` for another architecture, number format or kind of file, by name; `bad-file` and
 * `unfit-model` for what is broken or does not belong together.
 */
export async function readLanguageGguf(file: string, label?: string): Promise<LanguageGguf> {
  const gguf = await readGguf(file, label);
  const config = readGgufConfig(gguf, await frequencyFactors(gguf));
  for (const { name, type } of gguf.tensors.values()) {
    if (transformersName(name) !== null) requireReadable({ label: gguf.label, name, type: type.name });
  }
  const tokenizer = readGgufTokenizer(gguf);
  const tensors = [...gguf.tensors.values()];
  return {
    gguf,
    label: gguf.label,
    config,
    tokenizer,
    weights: storedWeights(gguf),
    dtype: mainType(tensors),
    bytes: gguf.identities.reduce((sum, { bytes }) => sum + bytes, 0),
    parameters: tensors.reduce((sum, tensor) => sum + elements(tensor), 0),
    endTokens: tokenizer.endTokens,
    sampling: {},
    identities: gguf.identities,
    repackedBytes: needsRepacking(gguf) ? repackedBytes(gguf) : 0,
  };
}

/**
 * The same model with weights that a graph can map: for quantised ones a file in `cacheFolder`, written the first time
 * (some 50 to 100 MB a second), 1.0 to 1.3 times as large as the model's own.
 */
export async function prepareGguf(model: LanguageGguf, options: RepackOptions): Promise<LanguageGguf> {
  return { ...model, weights: await runnableWeights(model.gguf, options) };
}

/** Llama 3's scaling of long contexts [d / 2]; null: none. */
async function frequencyFactors({ tensors, label }: GgufFile): Promise<Float32Array | null> {
  const tensor = tensors.get('rope_freqs.weight');
  if (!tensor) return null;
  const { name, type, offset, byteLength, file } = tensor;
  requireReadable({ label, name, type: type.name });
  if (byteLength > 1 << 20) throw new ModelError('unfit-model', `${label}: ${name} is far too large.`, { file });
  const bytes = new Uint8Array(byteLength);
  const handle = await open(file, 'r');
  try {
    const { bytesRead } = await handle.read(bytes, 0, byteLength, offset);
    if (bytesRead !== byteLength) throw new ModelError('file-changed', `${label} changed while it was read.`, { file });
  } finally {
    await handle.close();
  }
  return dequantize(type.name, bytes);
}

/** The number format of most of its numbers. */
function mainType(tensors: readonly GgufTensor[]): string {
  const counts = new Map<string, number>();
  for (const tensor of tensors) {
    counts.set(tensor.type.name, (counts.get(tensor.type.name) ?? 0) + elements(tensor));
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'none';
}

function elements({ shape }: GgufTensor): number {
  return shape.reduce((product, size) => product * size, 1);
}
