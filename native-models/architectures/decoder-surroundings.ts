/**
 * The numbers that a decoder's graph is told about positions: cosines, sines, and masks of who sees whom.
 * Names of `decoder.ts`: T new tokens, P earlier ones, S = P + T, H query heads, K heads of keys and values.
 */
import type { DecoderConfig } from './decoder-config.js';

/** Added to a score it leaves a weight of exactly 0 after the softmax, and no infinity on the way. */
export const UNSEEN = -1e30;

/** Cosines and sines of positions, [positions, d / 2] each. Angles are float32, as the reference computes them. */
export function rotaryTable(
  { rotary: { frequencies, amplitude } }: Pick<DecoderConfig, 'rotary'>,
  positions: readonly number[],
): { cos: Float32Array; sin: Float32Array } {
  const rates = Float32Array.from(frequencies);
  const cos = new Float32Array(positions.length * rates.length);
  const sin = new Float32Array(cos.length);
  for (const [row, position] of positions.entries()) {
    for (const [i, rate] of rates.entries()) {
      const angle = Math.fround(position * rate);
      cos[row * rates.length + i] = Math.cos(angle) * amplitude;
      sin[row * rates.length + i] = Math.sin(angle) * amplitude;
    }
  }
  return { cos, sin };
}

export interface CausalSight {
  /** Tokens before the new ones, of which the last `fed` are fed. */
  readonly past: number;
  readonly fed: number;
  /** Rows before those that stand for no token. */
  readonly blank: number;
  readonly tokens: number;
  readonly window: number | null;
}

/** [T * group, blank + fed + T]: token t sees the earlier ones within its window, and itself; `group` = H / K rows each. */
export function causalMask({ past, fed, blank, tokens, window }: CausalSight, group: number): Float32Array {
  const width = blank + fed + tokens;
  const firstPosition = past - fed;
  const mask = new Float32Array(tokens * group * width);
  for (let t = 0; t < tokens; t++) {
    const position = past + t;
    const from = window === null ? 0 : Math.max(0, position - window + 1 - firstPosition);
    const row = mask.subarray(t * group * width, (t + 1) * group * width);
    row.fill(UNSEEN, 0, blank + from);
    row.fill(UNSEEN, blank + fed + t + 1, width);
    for (let g = 1; g < group; g++) row.copyWithin(g * width, 0, width);
  }
  return mask;
}

/** Nobody sees the tokens whose entry is 0: padding. `mask` [rows, T], `seen` [T]. */
export function hideColumns(mask: Float32Array, seen: readonly number[]): void {
  for (const [column, visible] of seen.entries()) {
    if (visible !== 0) continue;
    for (let i = column; i < mask.length; i += seen.length) mask[i] = UNSEEN;
  }
}
