/**
 * Files as torch writes them, made without Python: the zip of torch 1.6 and later, and the stream of before. Tests make
 * their own, sound ones and such that lie.
 *
 * Reference: torch 2.13.0, serialization.py `_save` and `_legacy_save`; Python 3.11, pickletools.py.
 */
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** A pickle of protocol 2, one instruction after the other. */
export class Pickle {
  readonly #parts: Buffer[] = [Buffer.from([0x80, 2])];

  raw(...bytes: readonly number[]): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  /** Instructions of one letter: `(` MARK, `}` EMPTY_DICT, `)` EMPTY_TUPLE, `t` TUPLE, `R` REDUCE, `u` SETITEMS ... */
  op(letters: string): this {
    this.#parts.push(Buffer.from(letters, 'latin1'));
    return this;
  }

  global(module: string, name: string): this {
    return this.op(`c${module}\n${name}\n`);
  }

  text(text: string): this {
    const bytes = Buffer.from(text);
    const head = Buffer.alloc(5, 'X');
    head.writeUInt32LE(bytes.length, 1);
    this.#parts.push(head, bytes);
    return this;
  }

  int(value: number): this {
    if (Math.abs(value) >= 2 ** 31) {
      const bytes = Buffer.alloc(10);
      bytes.set([0x8a, 8]); // LONG1
      bytes.writeBigInt64LE(BigInt(value), 2);
      this.#parts.push(bytes);
    } else {
      const bytes = Buffer.alloc(5, 'J');
      bytes.writeInt32LE(value, 1);
      this.#parts.push(bytes);
    }
    return this;
  }

  ints(values: readonly number[]): this {
    this.op('(');
    for (const value of values) this.int(value);
    return this.op('t');
  }

  end(): Buffer {
    return Buffer.concat([...this.#parts, Buffer.from('.')]);
  }
}

/** By the names of safetensors, as torch calls them. */
const storageTypes = { F32: 'FloatStorage', F16: 'HalfStorage', BF16: 'BFloat16Storage', I64: 'LongStorage' } as const;
const elementBytes = { F32: 4, F16: 2, BF16: 2, I64: 8 } as const;

export interface TorchTensor {
  readonly dtype: keyof typeof storageTypes;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export type TorchTensors = Readonly<Record<string, TorchTensor>>;

/** A state dict, one storage a tensor; legacy streams say in each storage that it is no view of another. */
function stateDict(
  tensors: TorchTensors,
  keyOf: (index: number) => string,
  legacy: boolean,
  below: string | null = null,
): Buffer {
  const pickle = new Pickle();
  if (below !== null) pickle.op('}').text(below);
  pickle.global('collections', 'OrderedDict').op(')R(');
  for (const [index, [name, { dtype, shape, bytes }]] of Object.entries(tensors).entries()) {
    pickle.text(name).global('torch._utils', '_rebuild_tensor_v2').op('((');
    pickle.text('storage').global('torch', storageTypes[dtype]).text(keyOf(index)).text('cpu');
    pickle.int(bytes.byteLength / elementBytes[dtype]).op(legacy ? 'NtQ' : 'tQ');
    pickle.int(0).ints(shape).ints(rowMajor(shape));
    pickle.raw(0x89).global('collections', 'OrderedDict').op(')RtR'); // NEWFALSE: no gradient wanted
  }
  return pickle.op(below === null ? 'u' : 'us').end();
}

/** Strides of a tensor whose elements lie one after the other. */
export function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

/**
 * As `torch.save` writes it since 1.6: an uncompressed zip whose storages begin at multiples of 64. `below`: the key of a
 * training state that the tensors are under.
 */
export async function writeTorchZip(
  file: string,
  tensors: TorchTensors,
  { below = null }: { readonly below?: string | null } = {},
): Promise<void> {
  const storages = Object.values(tensors).map(({ bytes }, index): [string, Uint8Array] => [`data/${index}`, bytes]);
  await writeZip(file, [
    ['data.pkl', stateDict(tensors, String, false, below)],
    ['byteorder', Buffer.from('little')],
    ...storages,
    ['version', Buffer.from('3\n')],
  ]);
}

/** Entries of a folder `archive/`, in this order. */
export async function writeZip(file: string, entries: readonly (readonly [string, Uint8Array])[]): Promise<void> {
  const directory: Buffer[] = [];
  const handle = await open(file, 'w');
  let offset = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    await handle.writeFile(bytes);
    offset += bytes.byteLength;
  };
  try {
    for (const [name, bytes] of entries) {
      const path = Buffer.from(`archive/${name}`);
      const fields = Buffer.alloc(26);
      fields.writeUInt16LE(20, 0); // version needed
      fields.writeUInt32LE(crc32(bytes), 10);
      fields.writeUInt32LE(bytes.byteLength, 14);
      fields.writeUInt32LE(bytes.byteLength, 18);
      fields.writeUInt16LE(path.length, 22);
      const fill = (64 - ((offset + 34 + path.length) % 64)) % 64;
      const padding = Buffer.alloc(4 + fill, 'Z');
      padding.write('FB');
      padding.writeUInt16LE(fill, 2);
      const central = Buffer.alloc(46);
      central.write('PK\x01\x02', 'latin1');
      fields.copy(central, 6);
      central.writeUInt32LE(offset, 42);
      directory.push(central, path);
      fields.writeUInt16LE(padding.length, 24);
      await write(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, path, padding]));
      await write(bytes);
    }
    const listed = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.write('PK\x05\x06', 'latin1');
    end.writeUInt16LE(entries.length, 8);
    end.writeUInt16LE(entries.length, 10);
    end.writeUInt32LE(listed.length, 12);
    end.writeUInt32LE(offset, 16);
    await write(listed);
    await write(end);
  } finally {
    await handle.close();
  }
}

/** What a legacy stream begins with: the magic number, the protocol, the kind of machine. */
export function legacyHead(littleEndian = true): Buffer {
  const system = new Pickle().op('}(').text('protocol_version').int(1001).text('little_endian');
  system
    .raw(littleEndian ? 0x88 : 0x89)
    .text('type_sizes')
    .op('}(');
  for (const [type, size] of Object.entries({ short: 2, int: 4, long: 4 })) system.text(type).int(size);
  return Buffer.concat([
    new Pickle().raw(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19).end(),
    new Pickle().int(1001).end(),
    system.op('uu').end(),
  ]);
}

/** The list of storages that follows the pickle, and what stands before the bytes of each. */
export function legacyKeys(keys: readonly string[]): Buffer {
  const list = new Pickle().op('](');
  for (const key of keys) list.text(key);
  return list.op('e').end();
}

/**
 * As torch wrote it before 1.6: the pickle, then the storages one after the other, wherever that is. `keys` name them as
 * torch does, by an address; a longer one moves all that follows.
 */
export async function writeTorchLegacy(file: string, tensors: TorchTensors, firstKey = 94_373_428_374): Promise<void> {
  const keyOf = (index: number): string => `${firstKey + index}`;
  const parts = Object.values(tensors);
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(Buffer.concat([legacyHead(), stateDict(tensors, keyOf, true)]));
    await handle.writeFile(legacyKeys(parts.map((_, index) => keyOf(index))));
    for (const { dtype, bytes } of parts) {
      const count = Buffer.alloc(8);
      count.writeBigInt64LE(BigInt(bytes.byteLength / elementBytes[dtype]));
      await handle.writeFile(count);
      await handle.writeFile(bytes);
    }
  } finally {
    await handle.close();
  }
}
