/**
 * The stream that `torch.save` wrote before torch 1.6: three small pickles (a magic number, the protocol, the kind of
 * machine), the pickle of the object, one with the keys of all storages, then their numbers, each after its count.
 * Reference: torch 2.13.0, serialization.py `_legacy_save`, `_legacy_load`.
 */
import type { FileHandle } from 'node:fs/promises';

import { EndOfBytes } from './byte-reader.js';
import { elementBits } from '../number-formats.js';
import type { Unpickled } from './pickle-machine.js';
import { unpickle } from './pickle-machine.js';
import type { PickleValue, TorchStorage } from './pickle-values.js';
import { PickleDict } from './pickle-values.js';
import type { TorchFaults } from './torch-faults.js';
import { readAt } from './zip-directory.js';

/** The first pickle, in whatever protocol of pickle: one number, as it stands in the file. */
const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;

export function isTorchLegacy(head: Uint8Array): boolean {
  return head[0] === 0x80 && Buffer.from(head).subarray(0, 32).includes(magic);
}

const PROTOCOL = 1001;
/** Nobody says how long the pickles are: so much is read, then more until they end. */
const FIRST_BYTES = 1 << 20;
const MAX_PICKLE_BYTES = 256 << 20;

export async function readTorchLegacy(handle: FileHandle, size: number, faults: TorchFaults): Promise<PickleValue> {
  const { object, keys } = await readPickles(handle, size, faults);
  let position = keys.end;
  const placed = new Set<string>();
  if (!Array.isArray(keys.value)) throw faults.bad('is broken: it does not list its numbers.');
  for (const key of keys.value) {
    const storage = object.storages.get(`${typeof key === 'string' || typeof key === 'number' ? key : ''}`);
    if (!storage || storage.partOf || placed.has(storage.key)) {
      throw faults.bad('is broken: it lists numbers that no tensor has.');
    }
    if (position + 8 > size) throw faults.bad('is cut short. Download it again.');
    const count = (await readAt(handle, position, 8, faults)).readBigInt64LE();
    if (count * BigInt((elementBits[storage.dtype] ?? 8) / 8) !== BigInt(storage.bytes)) {
      throw faults.bad('is broken: a tensor of it has another count of numbers than it says.');
    }
    storage.offset = position + 8;
    position = storage.offset + storage.bytes;
    if (position > size) throw faults.bad('is cut short: the numbers of a tensor end behind it. Download it again.');
    placed.add(storage.key);
  }
  for (const storage of object.storages.values()) placePart(storage, faults);
  return object.value;
}

function placePart(storage: TorchStorage, faults: TorchFaults): void {
  const { partOf } = storage;
  if (partOf && partOf.whole.offset >= 0) storage.offset = partOf.whole.offset + partOf.after;
  if (storage.offset < 0) throw faults.bad('is broken: the numbers of a tensor are not in it. Download it again.');
}

interface Pickles {
  readonly object: Unpickled;
  readonly keys: Unpickled;
}

async function readPickles(handle: FileHandle, size: number, faults: TorchFaults): Promise<Pickles> {
  for (let length = Math.min(size, FIRST_BYTES); ; length = Math.min(size, length * 8)) {
    const bytes = await readAt(handle, 0, length, faults);
    try {
      return parsePickles(bytes, faults);
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      if (length === size) throw faults.bad('is cut short: its list of tensors has no end. Download it again.');
      if (length >= MAX_PICKLE_BYTES) throw faults.bad('is not read: its pickle is larger than that of any model.');
    }
  }
}

function parsePickles(bytes: Buffer, faults: TorchFaults): Pickles {
  const first = unpickle(bytes, 0, faults);
  const protocol = unpickle(bytes, first.end, faults);
  if (first.value !== MAGIC_NUMBER || protocol.value !== PROTOCOL)
    throw faults.unsupported('is of a torch that no one has. Get it as .safetensors.');
  const machine = unpickle(bytes, protocol.end, faults);
  if (!(machine.value instanceof PickleDict) || machine.value.get('little_endian') !== true) {
    throw faults.unsupported('was written by a machine of another byte order. Save it again on an ordinary one.');
  }
  const object = unpickle(bytes, machine.end, faults);
  return { object, keys: unpickle(bytes, object.end, faults) };
}
