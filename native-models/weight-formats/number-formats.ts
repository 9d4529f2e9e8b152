/** How numbers are stored in files of weights, and what they are as float32. */

/** Bits of one element, by the names of the safetensors format (0.8.0). */
export const elementBits: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE half (1 sign, 5 exponent, 10 fraction bits) to number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

let halves: Int32Array | undefined;

/** The float32 words of all 65,536 halves, made once: files hold millions of them. */
function halfTable(): Int32Array {
  if (halves) return halves;
  const floats = new Float32Array(65_536);
  halves = new Int32Array(floats.buffer);
  for (let bits = 0; bits < floats.length; bits++) {
    const exponent = bits & 0x7c00;
    // Normal ones have their bits further left, and another bias of the exponent.
    if (exponent !== 0 && exponent !== 0x7c00) {
      halves[bits] = ((bits & 0x8000) << 16) | (((bits & 0x7fff) << 13) + 0x38000000);
    } else floats[bits] = halfToNumber(bits);
  }
  return halves;
}

export function halvesToFloats(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(bits.length);
  halvesInto(result, bits);
  return result;
}

/** Words are copied, not numbers: a quarter faster. */
export function halvesInto(result: Float32Array, bits: Uint16Array): void {
  const table = halfTable();
  const words = new Int32Array(result.buffer, result.byteOffset, result.length);
  for (let i = 0; i < words.length; i++) words[i] = table[bits[i] as number] as number;
}

export function brainsToFloats(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(bits.length);
  brainsInto(result, bits);
  return result;
}

/** bfloat16 is the upper half of a float32. */
export function brainsInto(result: Float32Array, bits: Uint16Array): void {
  const words = new Int32Array(result.buffer, result.byteOffset, result.length);
  for (let i = 0; i < words.length; i++) words[i] = (bits[i] as number) << 16;
}

/** float32 to the nearest half, ties to even; too large becomes infinity. */
export function floatToHalf(value: number): number {
  scratch.setFloat32(0, value);
  const word = scratch.getUint32(0);
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above round to infinity
  if (magnitude < 0x38800000) {
    // Below 2^-14 halves are multiples of 2^-24; scaling by 2^24 makes them integers, rounded ties to even.
    const scaled = Math.abs(value) * 2 ** 24;
    const whole = Math.floor(scaled);
    const rest = scaled - whole;
    return sign | (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

export function floatsToHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const result = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = floatToHalf(values[i] as number);
  return result;
}

/** float32 to the nearest bfloat16, ties to even. */
export function floatsToBrains(values: Float32Array): Uint16Array<ArrayBuffer> {
  const result = new Uint16Array(values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const word = words[i] as number;
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    result[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return result;
}

/** `37.9 MB`, in powers of ten as file managers show them. */
export function megabytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
