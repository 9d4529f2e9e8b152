/**
 * The file that a quantised GGUF model runs from: its matrices in the form of MatMulNBits, written once and mapped.
 *
 * It is a `.safetensors` file with the names that transformers has: for a matrix NAME in blocks of whole numbers
 * NAME.scales F32, NAME.minimums F32 where its format has them, and NAME.packed4 or .packed8 U8 (`repack.ts` has the
 * layout). All other tensors are copied as they are, so that a network needs one file on one drive. It is a cache: it can be deleted
 * at any time and is written again. Its name tells which state of which file it was made from.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../../errors.js';
import { identityKey, verifyFiles } from '../../runtime/file-identity.js';
import { areFinite } from '../non-finite.js';
import { elementBits } from '../number-formats.js';
import { readSafetensors } from '../safetensors.js';
import type { SafetensorsFile } from '../safetensors.js';
import type { BlockFormat } from './block-formats.js';
import { blockFormats } from './block-formats.js';
import { dequantize, requireReadable } from './dequantize.js';
import type { GgufFile, GgufTensor } from './read-gguf.js';
import { repackRows, repackedLayout } from './repack.js';
import { transformersName } from './tensor-names.js';

export interface RepackOptions {
  /** Folder for the file; made if it is not there. */
  readonly cacheFolder: string;
  /** Bytes of the GGUF file that are done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** To be raised when the layout changes: files of another version are not found and are written anew. */
const LAYOUT_VERSION = 2;

/** Whether any tensor has to be repacked: a file of F32, F16 and BF16 alone runs as it is. */
export function needsRepacking(gguf: GgufFile): boolean {
  return [...gguf.tensors.values()].some(({ type }) => blockFormats.has(type.name));
}

/** What the repacked file of a model takes on disk, but for its header. */
export function repackedBytes(gguf: GgufFile): number {
  return planned(gguf).reduce(
    (sum, { pieces }) => sum + pieces.reduce((bytes, piece) => bytes + piece.byteLength, 0),
    0,
  );
}

/**
 * The repacked file of a model, written if it is not there. Throws `cancelled` when the signal says so, `file-changed`
 * when the GGUF file is no longer the one that was read, `bad-file` for scales that are not numbers.
 */
export async function repackedFile(gguf: GgufFile, options: RepackOptions): Promise<SafetensorsFile> {
  const { cacheFolder } = options;
  await verifyFiles(gguf.identities);
  const { stem, name } = fileName(gguf);
  const file = path.join(cacheFolder, name);
  const tensors = planned(gguf);
  const there = await sound(file, gguf, tensors);
  if (there) return there;

  await mkdir(cacheFolder, { recursive: true });
  const beside = `${file}.${process.pid}.part`;
  try {
    const handle = await open(beside, 'w');
    try {
      await write(handle, gguf, tensors, options);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await verifyFiles(gguf.identities);
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    if (cause instanceof ModelError) throw cause;
    throw unwritten(gguf, cacheFolder, cause as NodeJS.ErrnoException);
  }
  await removeOlder(cacheFolder, stem, name);
  const written = await sound(file, gguf, tensors);
  if (written) return written;
  throw new ModelError('bad-file', `${gguf.label} was repacked, and the result cannot be read: ${file}`, { file });
}

/** `Model.Q4_K_M-1f2e3d4c-0011223344556677.safetensors`: what it is of, which path, which state of the file there. */
function fileName({ file, identities }: GgufFile): { stem: string; name: string } {
  const digest = (text: string, length: number): string =>
    createHash('sha256').update(text).digest('hex').slice(0, length);
  const readable = path
    .basename(file)
    .replace(/\.gguf$/i, '')
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 60);
  const stem = `${readable}-${digest(file, 8)}-`;
  const state = [`layout ${LAYOUT_VERSION}`, ...identities.map(identityKey)].join('\n');
  return { stem, name: `${stem}${digest(state, 16)}.safetensors` };
}

/** Those of earlier states of the same file. On Windows one that is mapped stays, until the next time. */
async function removeOlder(folder: string, stem: string, present: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(stem) || name === present || !name.endsWith('.safetensors')) continue;
    await rm(path.join(folder, name), { force: true }).catch(() => undefined);
  }
}

function unwritten({ label }: GgufFile, folder: string, cause: NodeJS.ErrnoException): ModelError {
  const why = cause.code === 'ENOSPC' ? 'the disk is full' : cause.message;
  const sentence = `${label} could not be prepared in ${folder}: ${why}.`;
  return new ModelError('bad-input', sentence, { file: folder, cause });
}

// -------------------------------------------------------------------------------------------------- what is in ----

interface Piece {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

interface PlannedTensor {
  readonly source: GgufTensor;
  /** Null: copied as it is. */
  readonly format: BlockFormat | null;
  /** scales, minimums if any, packed; or the tensor itself. */
  readonly pieces: readonly Piece[];
}

/** Tensors that networks read. Those of four-byte pieces first: every piece begins at a multiple of its element. */
function planned(gguf: GgufFile): PlannedTensor[] {
  const tensors: PlannedTensor[] = [];
  for (const source of gguf.tensors.values()) {
    const name = transformersName(source.name);
    if (name === null) continue;
    tensors.push(plannedTensor(source, name, gguf.label));
  }
  const halves = ({ pieces }: PlannedTensor): number => Number((pieces[0] as Piece).dtype.endsWith('16'));
  return tensors.toSorted((a, b) => halves(a) - halves(b));
}

function plannedTensor(source: GgufTensor, name: string, label: string): PlannedTensor {
  const { type, shape } = source;
  requireReadable({ label, name: source.name, type: type.name });
  const format = blockFormats.get(type.name) ?? null;
  if (format === null) {
    return { source, format, pieces: [{ name, dtype: type.name, shape, byteLength: source.byteLength }] };
  }
  if (shape.length !== 2) {
    const sentence = `${label}: ${source.name} is ${type.name} and no matrix, which this studio does not run.`;
    throw new ModelError('unsupported', sentence, { file: source.file });
  }
  const layout = repackedLayout(format, shape[0] as number, shape[1] as number);
  const piece = (part: string, dtype: string, of: readonly number[]): Piece => ({
    name: `${name}.${part}`,
    dtype,
    shape: of,
    byteLength: (product(of) * (elementBits[dtype] ?? 8)) / 8,
  });
  const scales = piece('scales', 'F32', layout.scalesShape);
  const packed = piece(`packed${layout.bits}`, 'U8', layout.packedShape);
  return {
    source,
    format,
    pieces: layout.hasMinimums ? [scales, piece('minimums', 'F32', layout.scalesShape), packed] : [scales, packed],
  };
}

/** Matrices of a layer that are multiplied with the same rows, in the order in which networks take them together. */
const together = [/^(.*\.self_attn)\.[qkv]_proj\.weight\.(.*)$/, /^(.*\.mlp)\.(?:gate|up)_proj\.weight\.(.*)$/];
const order = ['q_proj', 'k_proj', 'v_proj', 'gate_proj', 'up_proj'];

/** The pieces as they stand in the file: those of matrices that one product can take lie one after another. */
function laidOut(tensors: readonly PlannedTensor[]): Piece[] {
  const groups = new Map<string, Piece[]>();
  for (const piece of tensors.flatMap(({ pieces }) => pieces)) {
    const [, module, part] = together.map((names) => names.exec(piece.name)).find(Boolean) ?? [];
    const key = module === undefined ? piece.name : `${module} ${part}`;
    groups.set(key, [...(groups.get(key) ?? []), piece]);
  }
  const place = ({ name }: Piece): number => order.findIndex((module) => name.includes(`.${module}.`));
  return [...groups.values()].flatMap((group) => group.toSorted((a, b) => place(a) - place(b)));
}

/** The file, if it is there and holds what it should; null otherwise. */
async function sound(
  file: string,
  { label }: GgufFile,
  tensors: readonly PlannedTensor[],
): Promise<SafetensorsFile | null> {
  const found = await readSafetensors(file, label).catch(() => null);
  if (found === null) return null;
  const pieces = tensors.flatMap((tensor) => tensor.pieces);
  const fits = pieces.every(({ name, dtype, shape }) => {
    const tensor = found.tensors.get(name);
    return tensor?.dtype === dtype && tensor.shape.join() === shape.join();
  });
  return fits && found.tensors.size === pieces.length ? found : null;
}

// ------------------------------------------------------------------------------------------------------ writing ----

/** Rows are read and repacked so many bytes at a time. */
const CHUNK_BYTES = 4 << 20;

async function write(
  target: FileHandle,
  gguf: GgufFile,
  tensors: readonly PlannedTensor[],
  { onProgress, signal }: RepackOptions,
): Promise<void> {
  const { bytes: header, offsets } = headerOf(tensors);
  await target.write(header, 0, header.length, 0);
  const total = tensors.reduce((sum, { source }) => sum + source.byteLength, 0);
  let done = 0;
  const sources = new Map<string, FileHandle>();
  try {
    for (const tensor of tensors) {
      const { source, format, pieces } = tensor;
      const handle = sources.get(source.file) ?? (await open(source.file, 'r'));
      sources.set(source.file, handle);
      // A row is repacked whole; what is copied goes byte by byte.
      const rows = format ? (source.shape[0] as number) : source.byteLength;
      const rowBytes = source.byteLength / rows;
      const step = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes)) * rowBytes;
      for (let at = 0; at < source.byteLength; at += step) {
        if (signal?.aborted) throw new ModelError('cancelled', `Preparing ${gguf.label} was stopped.`);
        const bytes = await readBytes(handle, source.offset + at, Math.min(step, source.byteLength - at), gguf);
        for (const [n, part] of repackedChunk(tensor, bytes, gguf).entries()) {
          const piece = pieces[n] as Piece;
          const place = (offsets.get(piece.name) as number) + (at / rowBytes) * (piece.byteLength / rows);
          await target.write(part, 0, part.length, place);
        }
        done += bytes.length;
        onProgress?.(done, total);
      }
    }
  } finally {
    for (const handle of sources.values()) await handle.close();
  }
}

/** The bytes of each piece, in the order of `pieces`. */
function repackedChunk({ source, format }: PlannedTensor, bytes: Uint8Array, { label }: GgufFile): Uint8Array[] {
  if (format === null) {
    if (!areFinite(dequantize(source.type.name, bytes))) throw notFinite();
    return [bytes];
  }
  const { scales, minimums, packed } = repackRows(format, bytes, source.shape[1] as number);
  if (!areFinite(scales) || !areFinite(minimums)) throw notFinite();
  const parts = [new Uint8Array(scales.buffer), packed];
  return format.hasMinimums ? parts.toSpliced(1, 0, new Uint8Array(minimums.buffer)) : parts;

  function notFinite(): ModelError {
    const sentence = `${label} is damaged: ${source.name} holds values that are not numbers. Download it again or use another file.`;
    return new ModelError('bad-file', sentence, { file: source.file });
  }
}

async function readBytes(
  handle: FileHandle,
  from: number,
  length: number,
  { label, file }: GgufFile,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) throw new ModelError('file-changed', `${label} changed while it was read.`, { file });
    done += bytesRead;
  }
  return bytes;
}

/** The header of a safetensors file, and where each piece begins in the file. */
function headerOf(tensors: readonly PlannedTensor[]): { bytes: Uint8Array; offsets: ReadonlyMap<string, number> } {
  const entries: [string, unknown][] = [];
  const starts = new Map<string, number>();
  let end = 0;
  for (const { name, dtype, shape, byteLength } of laidOut(tensors)) {
    entries.push([name, { dtype, shape, data_offsets: [end, end + byteLength] }]);
    starts.set(name, end);
    end += byteLength;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const bytes = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  json.copy(bytes, 8);
  return { bytes, offsets: new Map([...starts].map(([name, start]) => [name, bytes.length + start])) };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}
