/**
 * The list of what an uncompressed zip holds, and where in the file each entry's bytes are.
 *
 * Reference: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.6 to 4.3.16 (ZIP64 among them, for files beyond 4 GB). A zip says
 * the same things in several places; where two of them differ, the file is refused.
 */
import type { FileHandle } from 'node:fs/promises';

import type { TorchFaults } from './torch-faults.js';
import { shown } from './torch-faults.js';

const END_BYTES = 22;
/** The end may be followed by a comment of so many bytes. */
const MAX_COMMENT_BYTES = 65_535;
const MAX_DIRECTORY_BYTES = 64 << 20;

interface ListedEntry {
  readonly name: string;
  readonly flags: number;
  /** 0: stored as it is. */
  readonly method: number;
  readonly storedBytes: number;
  readonly bytes: number;
  /** Of its local header. */
  readonly offset: number;
  /** Where the next entry begins, or the directory. */
  limit: number;
}

/** Whole reads; what is not there is a file cut short. */
export async function readAt(handle: FileHandle, offset: number, length: number, faults: TorchFaults): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw faults.bad('is cut short. Download it again.');
    done += bytesRead;
  }
  return bytes;
}

export class ZipDirectory {
  private constructor(
    readonly entries: ReadonlyMap<string, ListedEntry>,
    readonly handle: FileHandle,
    readonly faults: TorchFaults,
  ) {}

  static async read(handle: FileHandle, size: number, faults: TorchFaults): Promise<ZipDirectory> {
    const place = await findDirectory(handle, size, faults);
    if (place.offset + place.bytes > size || place.bytes > MAX_DIRECTORY_BYTES) {
      throw faults.bad('is broken: the list of its parts lies outside of the file.');
    }
    const listed = readEntries(await readAt(handle, place.offset, place.bytes, faults), place.count, faults);
    const inOrder = listed.toSorted((a, b) => a.offset - b.offset);
    for (const [index, entry] of inOrder.entries()) {
      entry.limit = inOrder[index + 1]?.offset ?? place.offset;
      if (entry.offset + 30 + entry.storedBytes > entry.limit) {
        throw faults.bad(`is broken: its part ${shown(entry.name)} overlaps another one.`);
      }
    }
    const entries = new Map(listed.map((entry) => [entry.name, entry]));
    if (entries.size < listed.length) throw faults.bad('is broken: two of its parts have one name.');
    return new ZipDirectory(entries, handle, faults);
  }

  /** Offset and number of an entry's bytes; null where there is no such entry. Refuses a compressed one. */
  async place(name: string): Promise<{ readonly offset: number; readonly bytes: number } | null> {
    const entry = this.entries.get(name);
    if (!entry) return null;
    const { method, flags, bytes, storedBytes, offset, limit } = entry;
    if (method !== 0 || bytes !== storedBytes || (flags & 1) !== 0) {
      throw this.faults.unsupported(
        `is a compressed zip, whose tensors cannot be mapped. Save it again with torch.save, or get it as .safetensors.`,
      );
    }
    const header = await readAt(this.handle, offset, 30, this.faults);
    const [nameBytes, extraBytes] = [header.readUInt16LE(26), header.readUInt16LE(28)];
    const begin = offset + 30 + nameBytes + extraBytes;
    const local = await readAt(this.handle, offset + 30, nameBytes, this.faults);
    const sound = header.readUInt32LE(0) === 0x04034b50 && local.toString('utf8') === name && begin + bytes <= limit;
    if (!sound || header.readUInt16LE(8) !== 0) {
      throw this.faults.bad(`is broken: its part ${shown(name)} is not where its list says.`);
    }
    return { offset: begin, bytes };
  }
}

interface DirectoryPlace {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

async function findDirectory(handle: FileHandle, size: number, faults: TorchFaults): Promise<DirectoryPlace> {
  const length = Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await readAt(handle, size - length, length, faults);
  let at = tail.length - END_BYTES;
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === 0x06054b50 && tail.readUInt16LE(at + 20) === tail.length - at - END_BYTES)
  ) {
    at--;
  }
  if (at < 0) throw faults.bad('is cut short: its end, which lists its parts, is not there. Download it again.');
  const plain = {
    count: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  // torch writes the large form's locator into every file, and numbers where they do not fit the small form.
  const large = plain.count === 0xffff || plain.bytes === 0xffffffff || plain.offset === 0xffffffff;
  if (!large) return plain;
  if (at < 20 || tail.readUInt32LE(at - 20) !== 0x07064b50)
    throw faults.bad('is broken: its list of parts is not there.');
  const end = await readAt(handle, safe(tail.readBigUInt64LE(at - 12), faults), 56, faults);
  if (end.readUInt32LE(0) !== 0x06064b50) throw faults.bad('is broken: its list of parts is not there.');
  return {
    count: safe(end.readBigUInt64LE(32), faults),
    bytes: safe(end.readBigUInt64LE(40), faults),
    offset: safe(end.readBigUInt64LE(48), faults),
  };
}

function readEntries(directory: Buffer, count: number, faults: TorchFaults): ListedEntry[] {
  const entries: ListedEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
      throw faults.bad('is broken: the list of its parts does not list them.');
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => directory.readUInt16LE(at + place)) as [
      number,
      number,
      number,
    ];
    const next = at + 46 + nameBytes + extraBytes + commentBytes;
    if (next > directory.length) throw faults.bad('is broken: the list of its parts does not list them.');
    const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const [bytes, storedBytes, offset] = largeSizes(
      [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)],
      extra,
      faults,
    );
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      flags: directory.readUInt16LE(at + 8),
      method: directory.readUInt16LE(at + 10),
      bytes,
      storedBytes,
      offset,
      limit: 0,
    });
    at = next;
  }
  return entries;
}

type EntrySizes = readonly [bytes: number, storedBytes: number, offset: number];

/** ZIP64: those of the three numbers that do not fit 32 bits stand in a field of their own, in this order. */
function largeSizes(sizes: EntrySizes, extra: Buffer, faults: TorchFaults): EntrySizes {
  if (!sizes.includes(0xffffffff)) return sizes;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let place = at + 4;
    const end = Math.min(extra.length, place + extra.readUInt16LE(at + 2));
    return sizes.map((size) => {
      if (size !== 0xffffffff) return size;
      if (place + 8 > end) throw faults.bad('is broken: the size of a part of it is not told.');
      place += 8;
      return safe(extra.readBigUInt64LE(place - 8), faults);
    }) as unknown as EntrySizes;
  }
  throw faults.bad('is broken: the size of a part of it is not told.');
}

function safe(value: bigint, faults: TorchFaults): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw faults.bad('is broken: a size in it is beyond all files.');
  return number;
}
