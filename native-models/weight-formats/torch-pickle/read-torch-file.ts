/** A `.pth`, `.pt`, `.ckpt` or `.bin` of torch: read as data, and never run. */
import { open } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../../errors.js';
import type { FileIdentity } from '../../runtime/file-identity.js';
import type { PickleValue } from './pickle-values.js';
import { TorchFaults } from './torch-faults.js';
import { isTorchLegacy, readTorchLegacy } from './torch-legacy.js';
import { readTorchZip } from './torch-zip.js';

export interface TorchFile {
  /** Absolute path. */
  readonly file: string;
  /** What messages call it. */
  readonly label: string;
  /** What was saved: for weights a dict of tensors, often inside of another dict. */
  readonly value: PickleValue;
  readonly identity: FileIdentity;
}

/**
 * Reads what the file holds: tensors as places in it, containers, texts and numbers. Refuses a pickle that names
 * anything else, by that name.
 */
export async function readTorchFile(file: string, label = path.basename(file)): Promise<TorchFile> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there or cannot be read.`, { file, cause });
  });
  const faults = new TorchFaults(file, label);
  try {
    const { size, mtimeMs, ino } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, 512));
    await handle.read(head, 0, head.length, 0);
    const read = readers[formatOf(head) ?? refuse(head, faults)];
    const value = await read(handle, size, faults);
    return { file, label, value, identity: { file, label, bytes: size, mtimeMs, inode: ino } };
  } finally {
    await handle.close();
  }
}

/** Whether a file that begins so is one of torch's, or some other pickle that this reader knows to refuse. */
export function isTorchFile(head: Uint8Array): boolean {
  return formatOf(head) !== null || isPickle(head) || isTar(head);
}

const readers = { zip: readTorchZip, legacy: readTorchLegacy } as const;

function formatOf(head: Uint8Array): keyof typeof readers | null {
  const bytes = Buffer.from(head);
  if (bytes.length < 4) return null;
  if (bytes.readUInt32BE(0) === 0x504b0304) return 'zip';
  return isTorchLegacy(head) ? 'legacy' : null;
}

/** Protocols 2 to 5 begin with their number. */
const isPickle = (head: Uint8Array): boolean => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5;

const isTar = (head: Uint8Array): boolean => Buffer.from(head).toString('latin1', 257, 262) === 'ustar';

function refuse(head: Uint8Array, faults: TorchFaults): never {
  if (isTar(head)) throw faults.unsupported('is of a torch from before 2017. Save it again with a present-day one.');
  if (isPickle(head)) throw faults.unsupported('is a Python pickle, but not one of torch: it is not read.');
  throw faults.bad('is no file of torch: it begins with other bytes. Download it again.');
}
