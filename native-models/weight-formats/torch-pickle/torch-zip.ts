/**
 * The file that `torch.save` writes since torch 1.6, and a TorchScript archive: a zip with a pickle `data.pkl` and the
 * numbers of each storage as an entry of their own. Reference: torch 2.13.0, serialization.py `_save`.
 */
import type { FileHandle } from 'node:fs/promises';

import { EndOfBytes } from './byte-reader.js';
import { unpickle } from './pickle-machine.js';
import type { PickleValue } from './pickle-values.js';
import type { TorchFaults } from './torch-faults.js';
import { ZipDirectory, readAt } from './zip-directory.js';

/** Real ones, of training states too, have a few MB. */
const MAX_PICKLE_BYTES = 256 << 20;

export async function readTorchZip(handle: FileHandle, size: number, faults: TorchFaults): Promise<PickleValue> {
  const zip = await ZipDirectory.read(handle, size, faults);
  const pickles = [...zip.entries.keys()].filter((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  const [pickle = ''] = pickles.toSorted((a, b) => a.length - b.length);
  const place = await zip.place(pickle);
  if (place === null) {
    throw faults.unsupported(
      'is a zip of something else than tensors: it has no data.pkl. Get the model as .safetensors.',
    );
  }
  if (place.bytes > MAX_PICKLE_BYTES) throw faults.bad('is not read: its pickle is larger than that of any model.');
  const folder = pickle.slice(0, -'data.pkl'.length);

  const order = await zip.place(`${folder}byteorder`);
  if (order !== null && order.bytes < 100) {
    const written = (await readAt(handle, order.offset, order.bytes, faults)).toString('latin1').trim();
    if (written !== 'little') {
      throw faults.unsupported('was written by a machine of another byte order. Save it again on an ordinary one.');
    }
  }
  const { value, storages } = unpickled(await readAt(handle, place.offset, place.bytes, faults), faults);
  for (const storage of storages.values()) {
    if (storage.partOf) throw faults.bad('is broken: numbers in it are a part of others, which such files never say.');
    const numbers = await zip.place(`${folder}data/${storage.key}`);
    if (numbers === null) throw faults.bad('is broken: the numbers of a tensor are not in it. Download it again.');
    // An empty storage may have an entry of one byte.
    if (numbers.bytes < storage.bytes) throw faults.bad('is broken: a tensor of it has fewer numbers than it says.');
    storage.offset = numbers.offset;
  }
  return value;
}

function unpickled(bytes: Buffer, faults: TorchFaults): ReturnType<typeof unpickle> {
  try {
    return unpickle(bytes, 0, faults);
  } catch (error) {
    if (error instanceof EndOfBytes) throw faults.bad('is broken: its pickle has no end.');
    throw error;
  }
}
