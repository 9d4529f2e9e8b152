/**
 * Reads a golden: `goldens/KIND/NAME.json`, and `goldens/KIND/NAME.safetensors` beside it when it has tensors.
 *
 * The reading is written out here, apart from the studio's own safetensors reader, so that a fault in that one
 * cannot hide in a test. `golden_files.py` is what wrote them.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const GOLDENS = fileURLToPath(new URL('./goldens/', import.meta.url));

export type GoldenTensor =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'U8'; readonly shape: readonly number[]; readonly data: Uint8Array };

export interface Golden<Description> {
  readonly name: string;
  readonly description: Description;
  /** The float32 tensor of this name; throws when there is none. */
  floats(tensor: string): Float32Array;
  /** The tensor of this name, whatever its type; throws when there is none. */
  tensor(tensor: string): GoldenTensor;
  has(tensor: string): boolean;
  /** How many tensors have a name that begins so. */
  count(beginning: string): number;
}

/** `Description` is what the caller expects of the JSON; a golden is our own file, so it is not checked. */
export function readGolden<Description>(kind: string, name: string): Golden<Description> {
  const description = JSON.parse(readFileSync(`${GOLDENS}${kind}/${name}.json`, 'utf8')) as Description;
  const file = `${GOLDENS}${kind}/${name}.safetensors`;
  const tensors = existsSync(file) ? readTensors(file) : new Map<string, GoldenTensor>();
  const tensor = (key: string): GoldenTensor => {
    const found = tensors.get(key);
    if (found === undefined) throw new Error(`${file} has no tensor ${key}, only ${[...tensors.keys()].join(', ')}`);
    return found;
  };
  return {
    name,
    description,
    tensor,
    has: (key) => tensors.has(key),
    count: (beginning) => [...tensors.keys()].filter((key) => key.startsWith(beginning)).length,
    floats(key) {
      const found = tensor(key);
      if (found.dtype !== 'F32') throw new Error(`${key} in ${file} is ${found.dtype}, expected F32`);
      return found.data;
    },
  };
}

/** The names of all goldens of a kind. */
export function goldenNames(kind: string): string[] {
  return readdirSync(GOLDENS + kind)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** Largest |a - b|, divided by the largest |b|: the measure of every tolerance of design section 5. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`got ${a.length} values, the golden has ${b.length}`);
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(distance)) return Infinity;
    difference = Math.max(difference, distance);
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return scale === 0 ? difference : difference / scale;
}

function readTensors(file: string): Map<string, GoldenTensor> {
  const bytes = readFileSync(file);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { dtype: GoldenTensor['dtype']; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const [start, end] = data_offsets;
    // A copy of its own, because typed arrays must start on a multiple of their element's size.
    const { buffer } = Uint8Array.from(bytes.subarray(8 + headerBytes + start, 8 + headerBytes + end));
    if (dtype === 'F32') tensors.set(key, { dtype, shape, data: new Float32Array(buffer) });
    else if (dtype === 'I64') tensors.set(key, { dtype, shape, data: new BigInt64Array(buffer) });
    else if (dtype === 'I32') tensors.set(key, { dtype, shape, data: new Int32Array(buffer) });
    else tensors.set(key, { dtype, shape, data: new Uint8Array(buffer) });
  }
  return tensors;
}
