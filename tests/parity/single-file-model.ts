/**
 * The tiny checkpoints of make_single_file.py as people have them, one file each, and the same weights as a diffusers
 * folder. The names in the file are the golden's: they come from Python and not from the studio's own tables.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { writeSafetensors, type WritableTensor } from '../../native-models/weight-formats/write-safetensors.js';
import { writeTorchZip } from '../torch-files.js';
import { writeFamilyModel, type FamilyGolden } from './family-model.js';
import { readGolden } from './golden.js';
import { seeded } from './seeded-weights.js';

interface StoredAs {
  readonly shape: readonly number[];
  /** Names in the folder, with their component's, one after another; null: a tensor that nothing reads. */
  readonly from: readonly string[] | null;
  readonly transposed?: boolean;
}

export interface SingleFileGolden extends FamilyGolden {
  readonly checkpoint: Readonly<Record<string, StoredAs>>;
  readonly metadata: Readonly<Record<string, string>>;
}

export const singleFileGolden = (name: string) => readGolden<SingleFileGolden>('single-file', name);

/** What the file of a golden holds; `change` takes tensors away, or adds some. */
export function checkpointTensors({ checkpoint, tensors }: SingleFileGolden): Record<string, F32Tensor> {
  const shapes = Object.assign({}, ...Object.values(tensors)) as Record<string, readonly number[]>;
  return Object.fromEntries(
    Object.entries(checkpoint).map(([name, { shape, from, transposed = false }]) => {
      const [rows = 1, columns = 1] = shape;
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1);
      let done = 0;
      for (const part of from ?? []) {
        const numbers = seeded(part, shapes[part]!);
        values.set(transposed ? turned(numbers, columns, rows) : numbers, done);
        done += numbers.length;
      }
      return [name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }] as const;
    }),
  );
}

type F32Tensor = WritableTensor & { readonly dtype: 'F32'; readonly bytes: Uint8Array };

/** [rows, columns] -> [columns, rows] */
function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** By its name a `.safetensors`, or else a zip of torch's with the tensors below `state_dict`. */
export async function writeCheckpoint(golden: SingleFileGolden, file: string): Promise<string> {
  const tensors = checkpointTensors(golden);
  if (file.endsWith('.safetensors')) await writeSafetensors(file, tensors, golden.metadata);
  else await writeTorchZip(file, tensors, { below: 'state_dict' });
  return file;
}

/** The same model as a folder, with CLIP's whole vocabulary. */
export async function writeSingleFileFolder(golden: SingleFileGolden, scratch: string): Promise<string> {
  const words = path.join(scratch, 'vocabulary');
  await mkdir(words, { recursive: true });
  const lines = gunzipSync(await readFile(MERGES))
    .toString('utf8')
    .split('\n')
    .slice(1, 49_152 - 256 - 2 + 1);
  const printable = [...range(33, 126), ...range(161, 172), ...range(174, 255)];
  const letters = [...printable, ...range(256, 256 + 256 - printable.length - 1)].map((code) =>
    String.fromCodePoint(code),
  );
  const texts = [
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...lines.map((line) => line.replace(' ', '')),
  ];
  const vocabulary = Object.fromEntries([...texts, '<|startoftext|>', '<|endoftext|>'].map((text, id) => [text, id]));
  await writeFile(path.join(words, 'vocab.json'), JSON.stringify(vocabulary));
  await writeFile(path.join(words, 'merges.txt'), lines.join('\n'));
  return writeFamilyModel(golden, scratch, words);
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);

export const MERGES = fileURLToPath(
  new URL('../../native-models/embedded/clip-vocabulary/bpe_simple_vocab_16e6.txt.gz', import.meta.url),
);
