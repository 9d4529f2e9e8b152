import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../native-models/errors.js';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';

describe('seeds', () => {
  it('seeds of 64 bits are taken, and only their low 32 bits decide the noise', () => {
    const highest = new TorchGenerator(2n ** 64n - 1n);
    expect(highest.randn(17)).toEqual(new TorchGenerator(0xffffffff).randn(17));
    expect(highest.seed).toBe(2n ** 64n - 1n);
  });

  it('a negative seed is its two’s complement', () => {
    expect(new TorchGenerator(-1).seed).toBe(2n ** 64n - 1n);
  });

  it.each([2n ** 64n, -(2n ** 63n) - 1n])('the seed %d, which does not fit in 64 bits, is refused', (seed) => {
    expect(() => new TorchGenerator(seed)).toThrow(ModelError);
    expect(() => new TorchGenerator(seed)).toThrow(
      /does not fit in 64 bits: choose one from 0 to 18446744073709551615/,
    );
  });

  it.each([0.5, NaN, 2 ** 60])('the number %d, which is no exact seed, is refused', (seed) => {
    expect(() => new TorchGenerator(seed)).toThrow(/no whole number/);
  });
});

describe('the saved state', () => {
  it('is the bytes of torch.Generator.get_state()', () => {
    const generator = new TorchGenerator(7);
    generator.randn(5); // an odd count: one normal value waits
    generator.randn(700);
    // Made with PyTorch 2.13: g = torch.Generator().manual_seed(7); torch.randn(5, generator=g);
    // torch.randn(700, generator=g); sha256 of g.get_state()
    const digest = createHash('sha256').update(generator.state()).digest('hex');
    expect(digest).toBe('2fc7c9fabcee3d9661f64d82c7f8f7099ab3f628adc102fc64faf1723adbafc7');
  });

  it.each([0, 1, 5, 15, 16, 17, 623, 624, 625, 1000])('after a draw of %d, goes on as if never saved', (n) => {
    const generator = new TorchGenerator(42);
    generator.randn(n);
    const restored = TorchGenerator.fromState(generator.state());
    expect(restored.seed).toBe(42n);
    for (const size of [3, 40, 1, 16]) expect(restored.randn(size)).toEqual(generator.randn(size));
  });

  it('a clone goes its own way', () => {
    const generator = new TorchGenerator(3);
    generator.clone().randn(100);
    expect(generator.randn(20)).toEqual(new TorchGenerator(3).randn(20));
  });

  it('a state of the wrong length is refused', () => {
    expect(() => TorchGenerator.fromState(new Uint8Array(100))).toThrow(/5056 bytes, this one has 100/);
  });

  it('a state whose counters cannot be is refused', () => {
    const state = new TorchGenerator(1).state();
    new DataView(state.buffer).setInt32(8, 0, true);
    expect(() => TorchGenerator.fromState(state)).toThrow(/not whole/);
  });
});

describe('draws', () => {
  it('no values is an empty draw that moves nothing', () => {
    const generator = new TorchGenerator(5);
    expect(generator.randn(0)).toHaveLength(0);
    expect(generator.randn(16)).toEqual(new TorchGenerator(5).randn(16));
  });

  it('a million values have mean 0 and deviation 1 within their standard errors', () => {
    const values = new TorchGenerator(11).randn(1_000_000);
    let sum = 0;
    let squares = 0;
    for (const value of values) {
      sum += value;
      squares += value * value;
    }
    expect(Math.abs(sum / values.length)).toBeLessThan(0.004);
    expect(Math.abs(Math.sqrt(squares / values.length) - 1)).toBeLessThan(0.003);
  });
});
