import type { TorchFaults } from './torch-faults.js';

/** Reads a pickle's bytes in order; its end before the pickle's own is told apart from every other fault. */
export class ByteReader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public position: number,
    readonly faults: TorchFaults,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(length: number): Uint8Array {
    const begin = this.#skip(length);
    return this.bytes.subarray(begin, begin + length);
  }

  uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  uint64(): number {
    const value = Number(this.#view.getBigUint64(this.#skip(8), true));
    if (!Number.isSafeInteger(value)) throw this.faults.bad('is broken: a length in it is beyond all files.');
    return value;
  }

  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false); // the one number that pickles keep big-endian
  }

  /** Little-endian, two's complement, of any length up to 256 bytes. */
  integer(length: number): number | bigint {
    if (length > 256) throw this.faults.bad('is broken: a number in it has more than 256 bytes.');
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
    const signed = length > 0 ? BigInt.asIntN(8 * length, value) : 0n;
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  text(length: number): string {
    return this.#buffer(length).toString('utf8');
  }

  /** Up to the end of the line, which is left behind; a character for each byte. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new EndOfBytes();
    const line = this.#buffer(end - this.position).toString('latin1');
    this.position = end + 1;
    return line;
  }

  #buffer(length: number): Buffer {
    const { buffer, byteOffset } = this.take(length);
    return Buffer.from(buffer as ArrayBuffer, byteOffset, length);
  }

  #skip(length: number): number {
    const begin = this.position;
    if (begin + length > this.bytes.length) throw new EndOfBytes();
    this.position = begin + length;
    return begin;
  }
}

/** More bytes are needed: the file is cut short, or only its beginning was read so far. */
export class EndOfBytes extends Error {}
