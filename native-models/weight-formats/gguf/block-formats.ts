/**
 * The quantised formats of ggml that can be run: how a block of bytes becomes whole numbers ("levels") and scales.
 *
 * Every one of them is the same idea, group by group along a row:
 *
 *   symmetric       value = scale * (level - centre)
 *   with minimums   value = scale * level + minimum
 *
 * Reference: ggml, src/ggml-common.h (block structures) and src/ggml-quants.c (dequantize_row_*), written anew from
 * their layout. Products of halves with small whole numbers have at most 24 bits, so float32 scales are exact.
 *
 * d, m and dmin are little-endian halves; "low nibbles, then high" says that byte j holds the elements j and j + n/2.
 */
import { halfToNumber } from '../number-formats.js';

export interface BlockFormat {
  readonly name: string;
  readonly blockSize: number;
  readonly blockBytes: number;
  /** Elements that share a scale. */
  readonly group: 16 | 32;
  /** What a level fits into. */
  readonly bits: 4 | 8;
  /** The middle of the levels. */
  readonly centre: number;
  readonly hasMinimums: boolean;
  /** One block: `block.blockSize` levels, a scale (and minimum) a group. */
  unpack(bytes: Uint8Array, at: number, rows: UnpackedRow, element: number, group: number): void;
}

/** Room for one row of K elements; `minimums` stays empty in symmetric formats. */
export interface UnpackedRow {
  /** [K] */
  readonly levels: Uint8Array;
  /** [K / group] */
  readonly scales: Float32Array;
  /** [K / group] or empty */
  readonly minimums: Float32Array;
}

/** d · i8 q[32]. Stored as q + 128. */
const q8_0: BlockFormat = {
  name: 'Q8_0',
  blockSize: 32,
  blockBytes: 34,
  group: 32,
  bits: 8,
  centre: 128,
  hasMinimums: false,
  unpack(bytes, at, { levels, scales }, element, group) {
    scales[group] = half(bytes, at);
    for (let j = 0; j < 32; j++) levels[element + j] = (bytes[at + 2 + j] as number) ^ 0x80;
  },
};

/** d · 16 bytes, low nibbles, then high */
const q4_0: BlockFormat = {
  name: 'Q4_0',
  blockSize: 32,
  blockBytes: 18,
  group: 32,
  bits: 4,
  centre: 8,
  hasMinimums: false,
  unpack(bytes, at, { levels, scales }, element, group) {
    scales[group] = half(bytes, at);
    nibbles(bytes, at + 2, 16, levels, element);
  },
};

/** d · m · 16 bytes, low nibbles, then high */
const q4_1: BlockFormat = {
  name: 'Q4_1',
  blockSize: 32,
  blockBytes: 20,
  group: 32,
  bits: 4,
  centre: 8,
  hasMinimums: true,
  unpack(bytes, at, { levels, scales, minimums }, element, group) {
    scales[group] = half(bytes, at);
    minimums[group] = half(bytes, at + 2);
    nibbles(bytes, at + 4, 16, levels, element);
  },
};

/** d · u32 with the fifth bit of every element · 16 bytes, low nibbles, then high */
const q5_0: BlockFormat = {
  name: 'Q5_0',
  blockSize: 32,
  blockBytes: 22,
  group: 32,
  bits: 8,
  centre: 16,
  hasMinimums: false,
  unpack(bytes, at, { levels, scales }, element, group) {
    scales[group] = half(bytes, at);
    nibbles(bytes, at + 6, 16, levels, element);
    fifthBits(bytes, at + 2, levels, element);
  },
};

/** d · m · u32 with the fifth bit of every element · 16 bytes, low nibbles, then high */
const q5_1: BlockFormat = {
  name: 'Q5_1',
  blockSize: 32,
  blockBytes: 24,
  group: 32,
  bits: 8,
  centre: 16,
  hasMinimums: true,
  unpack(bytes, at, { levels, scales, minimums }, element, group) {
    scales[group] = half(bytes, at);
    minimums[group] = half(bytes, at + 2);
    nibbles(bytes, at + 8, 16, levels, element);
    fifthBits(bytes, at + 4, levels, element);
  },
};

/** d · dmin · 12 bytes of scales · four times 32 bytes, low nibbles, then high */
const q4_k: BlockFormat = {
  name: 'Q4_K',
  blockSize: 256,
  blockBytes: 144,
  group: 32,
  bits: 4,
  centre: 8,
  hasMinimums: true,
  unpack(bytes, at, row, element, group) {
    superBlockScales(bytes, at, row, group);
    for (let j = 0; j < 4; j++) nibbles(bytes, at + 16 + 32 * j, 32, row.levels, element + 64 * j);
  },
};

/** d · dmin · 12 bytes of scales · 32 bytes, bit s of byte j the fifth of element j of group s · nibbles as in Q4_K */
const q5_k: BlockFormat = {
  name: 'Q5_K',
  blockSize: 256,
  blockBytes: 176,
  group: 32,
  bits: 8,
  centre: 16,
  hasMinimums: true,
  unpack(bytes, at, row, element, group) {
    superBlockScales(bytes, at, row, group);
    const { levels } = row;
    for (let j = 0; j < 4; j++) nibbles(bytes, at + 48 + 32 * j, 32, levels, element + 64 * j);
    for (let j = 0; j < 32; j++) {
      const fifth = bytes[at + 16 + j] as number;
      for (let s = 0; s < 8; s++) {
        const place = element + 32 * s + j;
        levels[place] = (levels[place] as number) | (((fifth >> s) & 1) << 4);
      }
    }
  },
};

/**
 * 128 bytes of low nibbles · 64 bytes of upper pairs of bits · i8 scale[16] · d. Each half of the block: 64 and 32
 * bytes; nibbles low, then high; pairs of byte j belong to the elements j, j + 32, j + 64, j + 96.
 */
const q6_k: BlockFormat = {
  name: 'Q6_K',
  blockSize: 256,
  blockBytes: 210,
  group: 16,
  bits: 8,
  centre: 32,
  hasMinimums: false,
  unpack(bytes, at, { levels, scales }, element, group) {
    const d = half(bytes, at + 208);
    for (let s = 0; s < 16; s++) scales[group + s] = d * (((bytes[at + 192 + s] as number) << 24) >> 24);
    for (let part = 0; part < 2; part++) {
      const to = element + 128 * part;
      nibbles(bytes, at + 64 * part, 64, levels, to);
      for (let j = 0; j < 32; j++) {
        const pairs = bytes[at + 128 + 32 * part + j] as number;
        for (let k = 0; k < 4; k++) {
          const place = to + 32 * k + j;
          levels[place] = (levels[place] as number) | (((pairs >> (2 * k)) & 3) << 4);
        }
      }
    }
  },
};

export const blockFormats: ReadonlyMap<string, BlockFormat> = new Map(
  [q4_0, q4_1, q5_0, q5_1, q8_0, q4_k, q5_k, q6_k].map((format) => [format.name, format]),
);

/** A row of blocks, one after the other. */
export function unpackRow(format: BlockFormat, bytes: Uint8Array, at: number, row: UnpackedRow): void {
  const blocks = row.levels.length / format.blockSize;
  const groups = format.blockSize / format.group;
  for (let block = 0; block < blocks; block++) {
    format.unpack(bytes, at + block * format.blockBytes, row, block * format.blockSize, block * groups);
  }
}

/** Room for rows of K elements. */
export function newRow(format: BlockFormat, K: number): UnpackedRow {
  const groups = K / format.group;
  return {
    levels: new Uint8Array(K),
    scales: new Float32Array(groups),
    minimums: new Float32Array(format.hasMinimums ? groups : 0),
  };
}

let halves: Float32Array | undefined;

function half(bytes: Uint8Array, at: number): number {
  halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfToNumber(bits));
  return halves[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number;
}

/** `count` bytes as 2 * count elements: all low nibbles, then all high ones. */
function nibbles(bytes: Uint8Array, at: number, count: number, levels: Uint8Array, to: number): void {
  for (let j = 0; j < count; j++) {
    const byte = bytes[at + j] as number;
    levels[to + j] = byte & 15;
    levels[to + count + j] = byte >> 4;
  }
}

/** Bit j of a u32 is bit 4 of element j. */
function fifthBits(bytes: Uint8Array, at: number, levels: Uint8Array, to: number): void {
  for (let j = 0; j < 32; j++) {
    const bit = ((bytes[at + (j >> 3)] as number) >> (j & 7)) & 1;
    levels[to + j] = (levels[to + j] as number) | (bit << 4);
  }
}

/**
 * Scales and minimums of the eight groups of Q4_K and Q5_K: d times one of six bits, dmin times another. Of the 12
 * bytes, the first four hold scales 0 to 3, the next four minimums 0 to 3, the last four the low nibbles of scales and
 * minimums 4 to 7, whose upper two bits are on top of the first eight bytes.
 */
function superBlockScales(bytes: Uint8Array, at: number, { scales, minimums }: UnpackedRow, group: number): void {
  const d = half(bytes, at);
  const dmin = half(bytes, at + 2);
  const packed = at + 4;
  for (let s = 0; s < 4; s++) {
    const first = bytes[packed + s] as number;
    const second = bytes[packed + 4 + s] as number;
    const third = bytes[packed + 8 + s] as number;
    scales[group + s] = d * (first & 63);
    minimums[group + s] = -dmin * (second & 63);
    scales[group + 4 + s] = d * ((third & 15) | ((first >> 6) << 4));
    minimums[group + 4 + s] = -dmin * ((third >> 4) | ((second >> 6) << 4));
  }
}
