/**
 * PyTorch's CPU random generator, so that a seed means here what it means in every PyTorch program.
 *
 * Engine: MT19937 (`mersenne-twister.ts`), seeded with the low 32 bits of the seed. Reference: PyTorch 2.13,
 * `torch.Generator('cpu')` and `torch.randn(n, generator=g)` in float32, which draws in two ways:
 *  - 16 values and more: float32 Box-Muller over blocks of 16, eight uniforms for the radius and eight for the
 *    angle. Where n is no multiple of 16 the last 16 values are drawn again from 16 fresh uniforms.
 *  - fewer than 16: float64 Box-Muller, one value at a time; its second value waits in the generator for the
 *    next such draw, also when a long draw comes between.
 *
 * Exactness: the long way equals PyTorch on x86-64 with AVX2 or AVX-512 bit for bit (`box-muller.ts` has the
 * arithmetic). The short way rounds the same float64 formula to float32, so it could differ in the last bit
 * only where this engine's Math.sin, Math.cos or Math.log1p and the C library's fall on two sides of a float32
 * rounding edge; none was seen. PyTorch itself gives other last bits on processors of other kinds.
 */
import { ModelError } from '../errors.js';
import { boxMuller16 } from './box-muller.js';
import { seededWords, STATE_WORDS as N, temper, twist } from './mersenne-twister.js';

/** PyTorch's seeds are unsigned 64-bit; a negative one stands for its two's complement. */
const LOWEST_SEED = -(2n ** 63n);
const HIGHEST_SEED = 2n ** 64n - 1n;

/** Where the parts of `torch.Generator.get_state()` lie; all little endian, 5056 bytes together. */
const STATE = {
  seed: 0, // u64
  left: 8, // i32
  seeded: 12, // i32, always 1
  next: 16, // u64
  words: 24, // N x u64, high halves zero
  waiting: 24 + 8 * N + 8, // f64
  isWaiting: 24 + 8 * N + 24, // i32
  sizeBytes: 5056,
} as const;

export class TorchGenerator {
  readonly seed: bigint;
  readonly #words: Uint32Array;
  /** Index of the next word to hand out. */
  #next = 0;
  /** Words left in the block, plus one: PyTorch counts so, and `state` shows it. */
  #left = 1;
  /** The second value of the last short draw, before rounding to float32; null when there is none. */
  #waiting: number | null = null;

  constructor(seed: bigint | number) {
    this.seed = seedOf(seed);
    this.#words = seededWords(Number(this.seed & 0xffffffffn));
  }

  /** n values of the standard normal distribution: `torch.randn(n, generator=g)`. */
  randn(n: number): Float32Array {
    const out = new Float32Array(n);
    if (n < 16) {
      for (let i = 0; i < n; i++) out[i] = this.#normal();
      return out;
    }
    this.#fillUniform(out, 0);
    for (let start = 0; start + 16 <= n; start += 16) boxMuller16(out, start);
    if (n % 16 !== 0) {
      this.#fillUniform(out, n - 16);
      boxMuller16(out, n - 16);
    }
    return out;
  }

  /** n values of [0, 1), multiples of 2^-24: `torch.rand(n, generator=g)`. */
  rand(n: number): Float32Array {
    const out = new Float32Array(n);
    this.#fillUniform(out, 0);
    return out;
  }

  /** A generator that goes on from the same point, independent of this one. */
  clone(): TorchGenerator {
    return TorchGenerator.fromState(this.state());
  }

  /** All that decides the next draws, in the bytes of `torch.Generator.get_state()`. */
  state(): Uint8Array {
    const bytes = new Uint8Array(STATE.sizeBytes);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(STATE.seed, this.seed, true);
    view.setInt32(STATE.left, this.#left, true);
    view.setInt32(STATE.seeded, 1, true);
    view.setUint32(STATE.next, this.#next, true);
    for (let i = 0; i < N; i++) view.setUint32(STATE.words + 8 * i, this.#words[i]!, true);
    view.setFloat64(STATE.waiting, this.#waiting ?? 0, true);
    view.setInt32(STATE.isWaiting, this.#waiting === null ? 0 : 1, true);
    return bytes;
  }

  /** The generator whose `state` this was; reads what `torch.Generator.get_state()` wrote as well. */
  static fromState(state: Uint8Array): TorchGenerator {
    if (state.length !== STATE.sizeBytes) {
      throw new ModelError(
        'bad-input',
        `A saved noise generator has ${STATE.sizeBytes} bytes, this one has ${state.length}: start the picture anew.`,
      );
    }
    const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
    const generator = new TorchGenerator(view.getBigUint64(STATE.seed, true));
    generator.#left = view.getInt32(STATE.left, true);
    generator.#next = view.getUint32(STATE.next, true);
    if (generator.#left < 1 || generator.#left > N || generator.#next > N) {
      throw new ModelError('bad-input', 'A saved noise generator is not whole: start the picture anew.');
    }
    for (let i = 0; i < N; i++) generator.#words[i] = view.getUint32(STATE.words + 8 * i, true);
    if (view.getInt32(STATE.isWaiting, true) !== 0) generator.#waiting = view.getFloat64(STATE.waiting, true);
    return generator;
  }

  /** One value by float64 Box-Muller: the cosine now, the sine next time. */
  #normal(): number {
    if (this.#waiting !== null) {
      const value = this.#waiting;
      this.#waiting = null;
      return value;
    }
    const u1 = this.#uniform53();
    const u2 = this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-u2));
    const angle = 2 * Math.PI * u1;
    this.#waiting = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #fillUniform(out: Float32Array, start: number): void {
    for (let i = start; i < out.length; i++) out[i] = (this.#word() & 0xffffff) / 2 ** 24;
  }

  /** A float64 of [0, 1) from the low 53 bits of two words, the first of them high. */
  #uniform53(): number {
    const high = this.#word();
    const low = this.#word();
    return ((high & 0x1fffff) * 2 ** 32 + low) / 2 ** 53;
  }

  /** The next 32 random bits. */
  #word(): number {
    if (--this.#left === 0) {
      twist(this.#words);
      this.#left = N;
      this.#next = 0;
    }
    return temper(this.#words[this.#next++]!);
  }
}

function seedOf(seed: bigint | number): bigint {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new ModelError('bad-input', `The seed ${seed} is no whole number up to 2^53: give large seeds as a bigint.`);
  }
  const value = BigInt(seed);
  if (value < LOWEST_SEED || value > HIGHEST_SEED) {
    throw new ModelError(
      'bad-input',
      `The seed ${value} does not fit in 64 bits: choose one from 0 to ${HIGHEST_SEED}.`,
    );
  }
  return BigInt.asUintN(64, value);
}
