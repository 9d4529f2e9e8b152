/** The goldens of language models (make_language.py), as folders that the studio's own reader opens. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { LanguageFolder } from '../../native-models/weight-formats/language-folder.js';
import { readLanguageFolder } from '../../native-models/weight-formats/language-folder.js';
import { floatsToHalves } from '../../native-models/weight-formats/number-formats.js';
import type { WritableTensor } from '../../native-models/weight-formats/write-safetensors.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import type { Golden } from './golden.js';
import { readGolden } from './golden.js';
import { seeded } from './seeded-weights.js';

interface Description {
  readonly config: Record<string, unknown>;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly tensors: Record<string, readonly number[]>;
}

export interface LanguageGolden {
  readonly golden: Golden<Description>;
  readonly files: LanguageFolder;
}

/**
 * `scratch` is a folder for config and weights; who made it removes it. `change` may alter the config before it is
 * written; `shards` is how many files the weights are dealt to.
 */
export async function readLanguageGolden(
  name: string,
  scratch: string,
  { change = (config) => config, shards = 1 }: LanguageGoldenOptions = {},
): Promise<LanguageGolden> {
  const golden = readGolden<Description>('language', name);
  const folder = path.join(scratch, `${name}-${Math.random().toString(36).slice(2)}`);
  await mkdir(folder);
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(change(golden.description.config)));
  await writeWeights(folder, golden.description, shards);
  return { golden, files: await readLanguageFolder(folder, name) };
}

export interface LanguageGoldenOptions {
  readonly change?: (config: Record<string, unknown>) => Record<string, unknown>;
  readonly shards?: number;
}

async function writeWeights(folder: string, { tensors, dtype }: Description, shards: number): Promise<void> {
  const all = Object.entries(tensors).map(([name, shape]) => [name, stored(name, shape, dtype)] as const);
  if (shards === 1) return writeSafetensors(path.join(folder, 'model.safetensors'), Object.fromEntries(all));
  const fileOf = (index: number): string => `model-0000${(index % shards) + 1}-of-0000${shards}.safetensors`;
  for (let shard = 0; shard < shards; shard++) {
    const own = all.filter((_, index) => index % shards === shard);
    await writeSafetensors(path.join(folder, fileOf(shard)), Object.fromEntries(own));
  }
  const weight_map = Object.fromEntries(all.map(([name], index) => [name, fileOf(index)]));
  await writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
}

function stored(name: string, shape: readonly number[], dtype: Description['dtype']): WritableTensor {
  const values = seeded(name, shape);
  const data = { F32: () => values, F16: () => floatsToHalves(values), BF16: () => floatsToBrainFloats(values) }[
    dtype
  ]();
  return { dtype, shape, bytes: new Uint8Array(data.buffer) };
}

/** The upper half of each float, rounded to the nearest, ties to even. */
function floatsToBrainFloats(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
}
