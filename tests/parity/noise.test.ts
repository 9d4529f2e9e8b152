/**
 * Noise against PyTorch 2.13: bit for bit, because a seed that gives nearly the same noise gives another picture
 * after forty steps. Goldens: `make_noise.py`, drawn by a PyTorch with AVX2 or wider.
 */
import { describe, expect, it } from 'vitest';
import { TorchGenerator } from '../../native-models/noise/torch-generator.js';
import { readGolden } from './golden.js';

const bitsOf = (values: Float32Array): number[] => [...new Uint32Array(values.buffer, 0, values.length)];
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

describe('torch.randn', () => {
  const golden = readGolden<{ seeds: number[]; shapes: number[][] }>('noise', 'randn');
  const { seeds, shapes } = golden.description;
  it.each(seeds)('a first draw of every size from seed %d has the bits of PyTorch', (seed) => {
    for (const shape of shapes) {
      const drawn = new TorchGenerator(seed).randn(sizeOf(shape));
      expect(bitsOf(drawn), shape.join('x')).toEqual(bitsOf(golden.floats(`randn.${seed}.${shape.join('x')}`)));
    }
  });
});

describe('several draws from one generator', () => {
  const golden = readGolden<{ sequences: { index: number; seed: number; shapes: number[][] }[] }>('noise', 'sequences');
  it.each(golden.description.sequences)('sequence $index from seed $seed has the bits of PyTorch', (sequence) => {
    const generator = new TorchGenerator(sequence.seed);
    sequence.shapes.forEach((shape, step) => {
      const drawn = generator.randn(sizeOf(shape));
      expect(bitsOf(drawn), `draw ${step}`).toEqual(bitsOf(golden.floats(`sequence.${sequence.index}.${step}`)));
    });
  });
});

describe('torch.rand', () => {
  const golden = readGolden<{ seeds: number[] }>('noise', 'raw');
  it.each(golden.description.seeds)('uniform values from seed %d have the bits of PyTorch', (seed) => {
    expect(bitsOf(new TorchGenerator(seed).rand(20))).toEqual(bitsOf(golden.floats(`rand.${seed}`)));
  });

  it.each(golden.description.seeds)('the low 24 bits of 700 words from seed %d are those of PyTorch', (seed) => {
    const words = golden.tensor(`words.${seed}`);
    const drawn = [...new TorchGenerator(seed).rand(700)].map((value) => value * 2 ** 24);
    expect(drawn).toEqual([...words.data].map((word) => Number(word) % 2 ** 24));
  });
});
