/**
 * Box-Muller over 16 float32 values, rounded as PyTorch's AVX2 kernel rounds it.
 *
 * Box and Muller 1958, "A note on the generation of random normal deviates": with u1 in (0, 1] and u2 in [0, 1),
 *   n1 = sqrt(-2 ln u1) cos(2 pi u2)   and   n2 = sqrt(-2 ln u1) sin(2 pi u2)
 * are independent and standard normal.
 *
 * PyTorch 2.13 evaluates ln, sin and cos by the single precision polynomials of Cephes (Moshier: `logf`, `sinf`,
 * `cosf`) in float32 with fused multiply-adds. The bits depend on every rounding, so every float32 operation
 * stands here by itself; which of them are fused was found by comparing a million values with PyTorch's.
 */

const f32 = Math.fround;

/** Turns out[start .. start + 16), eight values 1 - u1 and eight u2, into eight n1 and eight n2. */
export function boxMuller16(out: Float32Array, start: number): void {
  for (let i = start; i < start + 8; i++) {
    const u1 = f32(1 - out[i]!); // the generator gives [0, 1); the logarithm needs (0, 1]
    const u2 = out[i + 8]!;
    const radius = f32(Math.sqrt(f32(-2 * ln(u1))));
    const [sine, cosine] = sineAndCosine(f32(TWO_PI * u2));
    out[i] = radius * cosine + 0; // + 0 makes -0 into 0: the kernel ends by adding a mean of 0
    out[i + 8] = radius * sine + 0;
  }
}

const TWO_PI = f32(2 * Math.PI);

/** ln x = ln m + e ln 2 for x = m 2^e with m near 1: the polynomial for ln m, and ln 2 in two parts. */
const LOG_POLYNOMIAL = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f32);
const SQRT_HALF = f32(Math.SQRT1_2);
const LN2_HIGH = 0.693359375;
const LN2_LOW = f32(-2.1219444e-4);

/** Natural logarithm of a normal, positive float32. */
function ln(x: number): number {
  // 1. x = mantissa 2^exponent with mantissa in [1/2, 1), then in [sqrt(1/2), sqrt(2)); m = mantissa - 1
  float[0] = x;
  let exponent = (floatBits[0]! >>> 23) - 126;
  floatBits[0] = (floatBits[0]! & 0x007fffff) | 0x3f000000;
  const mantissa = float[0];
  let m = f32(mantissa - 1);
  if (mantissa < SQRT_HALF) {
    exponent -= 1;
    m = f32(m + mantissa);
  }
  // 2. ln(1 + m) = m - m^2 / 2 + m^3 P(m)
  const squared = f32(m * m);
  let y = LOG_POLYNOMIAL[0]!;
  for (let k = 1; k < LOG_POLYNOMIAL.length; k++) y = fused(y, m, LOG_POLYNOMIAL[k]!);
  y = fused(f32(y * m), squared, f32(exponent * LN2_LOW));
  y = f32(y - f32(squared / 2));
  // 3. + e ln 2
  return fused(exponent, LN2_HIGH, f32(m + y));
}

/** pi/4 in three parts, each short enough that a small multiple of it is exact (Cody and Waite). */
const MINUS_QUARTER_PI = [-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8].map(f32);
const FOUR_OVER_PI = f32(4 / Math.PI);
const SINE_POLYNOMIAL = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f32);
const COSINE_POLYNOMIAL = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f32);

/** Sine and cosine of an angle in [0, 2 pi]. */
function sineAndCosine(angle: number): [sine: number, cosine: number] {
  // 1. angle = octant pi/4 + r with the octant even and r in [-pi/4, pi/4]
  const octant = (Math.trunc(f32(angle * FOUR_OVER_PI)) + 1) & ~1;
  const r = MINUS_QUARTER_PI.reduce((rest, part) => fused(octant, part, rest), angle);
  const squared = f32(r * r);
  // 2. cos r = 1 - r^2 / 2 + r^4 C(r^2)
  const [c0, c1, c2] = COSINE_POLYNOMIAL as [number, number, number];
  const c = f32(fused(fused(c0, squared, c1), squared, c2) * squared);
  const cosine = f32(fused(c, squared, -f32(squared / 2)) + 1);
  // 3. sin r = r + r^3 S(r^2)
  const [s0, s1, s2] = SINE_POLYNOMIAL as [number, number, number];
  const sine = fused(f32(fused(fused(s0, squared, s1), squared, s2) * squared), r, r);
  // 4. turn by the quarters that step 1 took off
  switch (octant) {
    case 2:
      return [cosine, -sine];
    case 4:
      return [-sine, -cosine];
    case 6:
      return [-cosine, sine];
    default:
      return [sine, cosine]; // 0, and 8 after a full turn
  }
}

/** a b + c rounded once, to float32, for float32 a, b and c. */
function fused(a: number, b: number, c: number): number {
  // The product of two float32 is exact in float64; the sum may not be, and rounding it twice would be wrong
  // where the first rounding lands half way between two float32. Rounding the first time to odd avoids that
  // (Boldo and Melquiond 2008, "Emulation of a FMA and correctly rounded sums").
  const product = a * b;
  const sum = product + c;
  const fromC = sum - product;
  const error = product - (sum - fromC) + (c - fromC); // Knuth's TwoSum
  if (error === 0) return f32(sum);
  double[0] = sum;
  if ((doubleBits[0]! & 1) === 0) {
    const towardsError = error > 0 === sum > 0 ? 1 : -1;
    if (towardsError === -1 && doubleBits[0] === 0) doubleBits[1]! -= 1; // borrow
    doubleBits[0]! += towardsError;
  }
  return f32(double[0]);
}

/** Bits of a float32 and of a float64 (low word first: every platform of Node and Electron is little endian). */
const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);
const double = new Float64Array(1);
const doubleBits = new Uint32Array(double.buffer);
