/**
 * `.npz`: a zip of `NAME.npy`, stored (`np.savez`) or deflated (`np.savez_compressed`). numpy writes local headers with
 * placeholders for sizes, so these come from the zip's directory.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { constants, crc32, inflateRaw } from 'node:zlib';

import { ModelError } from '../../errors.js';
import { TorchFaults } from '../torch-pickle/torch-faults.js';
import { readAt, ZipDirectory } from '../torch-pickle/zip-directory.js';
import { npyBytes, NpyFault, parseNpy, parseNpyHeader, type NpyArray, type NpyHeader } from './npy.js';

/** Room for a covariance of 8,192 dimensions. */
const MOST_BYTES = 600e6;
/** A header is some hundred bytes long. */
const HEADER_BYTES = 65_536;

const inflate = promisify(inflateRaw);

/** Arrays of an open file, by name without `.npy`. */
export interface NpzReader {
  readonly names: readonly string[];
  header(name: string): Promise<NpyHeader>;
  array(name: string): Promise<NpyArray>;
}

interface Stored {
  readonly bytes: Buffer;
  readonly deflated: boolean;
  /** Bytes once unpacked. */
  readonly size: number;
  readonly checksum: number | null;
}

/** Opens the file for as long as `use` runs. */
export async function withNpz<T>(file: string, use: (npz: NpzReader) => Promise<T>): Promise<T> {
  const label = path.basename(file);
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label}: there is no such file.`, { file, cause });
  });
  try {
    const { size } = await handle.stat();
    const start = Buffer.alloc(4);
    await handle.read(start, 0, 4, 0);
    if (start.readUInt32LE(0) !== 0x04034b50) {
      throw new ModelError('bad-file', `${label} is no .npz: choose statistics as pytorch-fid saves them.`, { file });
    }
    const faults = new TorchFaults(file, label);
    return await use(reader(await ZipDirectory.read(handle, size, faults), handle, faults));
  } finally {
    await handle.close();
  }
}

function reader(directory: ZipDirectory, handle: FileHandle, faults: TorchFaults): NpzReader {
  const names = [...directory.entries.keys()].flatMap((name) => (name.endsWith('.npy') ? [name.slice(0, -4)] : []));

  async function stored(name: string, most: number): Promise<Stored> {
    const entry = directory.entries.get(`${name}.npy`);
    if (!entry) throw faults.bad(`has no array ${name}: choose statistics as pytorch-fid saves them.`);
    if ((entry.flags & 1) !== 0 || (entry.method !== 0 && entry.method !== 8)) {
      throw faults.unsupported(`is packed in a way that is not read: save it again with numpy.savez.`);
    }
    if (entry.bytes > MOST_BYTES) throw faults.unsupported(`has an array ${name} too large to read.`);
    const head = await readAt(handle, entry.offset, 30, faults);
    const begin = entry.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
    if (head.readUInt32LE(0) !== 0x04034b50 || begin + entry.storedBytes > entry.limit) {
      throw faults.bad('is broken: its parts are not where its list says.');
    }
    const bytes = await readAt(handle, begin, Math.min(entry.storedBytes, most), faults);
    // With bit 3 set, the checksum follows the entry; numpy writes it in front.
    const checksum = (entry.flags & 8) === 0 ? head.readUInt32LE(14) : null;
    return { bytes, deflated: entry.method === 8, size: entry.bytes, checksum };
  }

  async function told<R>(name: string, work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      const fault = cause instanceof NpyFault ? cause.message : 'cannot be unpacked';
      throw new ModelError('bad-file', `${faults.label}: its ${name} ${fault}.`, { file: faults.file, cause });
    }
  }

  return {
    names,
    header: (name) =>
      told(name, async () => {
        const { bytes, deflated } = await stored(name, HEADER_BYTES);
        // What was read may end in the middle of a block.
        const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 256 * HEADER_BYTES };
        return parseNpyHeader(deflated ? await inflate(bytes, options) : bytes);
      }),
    array: (name) =>
      told(name, async () => {
        const { bytes, deflated, size, checksum } = await stored(name, MOST_BYTES);
        const whole = deflated ? await inflate(bytes, { maxOutputLength: Math.max(1, size) }) : bytes;
        if (whole.byteLength !== size) throw new NpyFault('is cut short');
        if (checksum !== null && crc32(whole) !== checksum)
          throw new NpyFault('is damaged: its checksum is another one');
        return parseNpy(whole);
      }),
  };
}

export type WritableArray = Parameters<typeof npyBytes>[0];

/** Stored, as `np.savez` does: random digits do not get smaller. Written beside and renamed. */
export async function writeNpz(file: string, arrays: Readonly<Record<string, WritableArray>>): Promise<void> {
  const beside = `${file}.${process.pid}.part`;
  try {
    const handle = await open(beside, 'w');
    try {
      const directory: Buffer[] = [];
      let offset = 0;
      for (const [name, array] of Object.entries(arrays)) {
        const bytes = npyBytes(array);
        const fields = entryFields(bytes);
        const label = Buffer.from(`${name}.npy`);
        const local = Buffer.concat([Buffer.of(0x50, 0x4b, 3, 4), fields, nameLengths(label), label]);
        await handle.writeFile(local);
        await handle.writeFile(bytes);
        directory.push(centralEntry(fields, label, offset));
        offset += local.length + bytes.length;
      }
      const list = Buffer.concat(directory);
      await handle.writeFile(list);
      await handle.writeFile(endOfDirectory(directory.length, list.length, offset));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    const sentence = `${path.basename(file)} could not be written: ${(cause as Error).message}`;
    throw new ModelError('bad-input', sentence, { file, cause });
  }
}

/** Version needed, flags, method, time (the first of January 1980), checksum and both sizes: the same in both headers. */
function entryFields(bytes: Buffer): Buffer {
  const fields = Buffer.alloc(22);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(bytes.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  return fields;
}

function nameLengths(label: Buffer): Buffer {
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16LE(label.length, 0);
  return lengths;
}

function centralEntry(fields: Buffer, label: Buffer, offset: number): Buffer {
  const rest = Buffer.alloc(14); // comment, disk and attributes: none; then where the local header is
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([Buffer.of(0x50, 0x4b, 1, 2, 20, 0), fields, nameLengths(label), rest, label]);
}

function endOfDirectory(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
