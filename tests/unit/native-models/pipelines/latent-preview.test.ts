import { describe, expect, it } from 'vitest';
import { applyPreview, fitLatentPreview } from '../../../../native-models/pipelines/latent-preview.js';
import type { Network } from '../../../../native-models/runtime/network.js';
import { floats } from '../../../../native-models/runtime/tensor.js';

const SIZE = 8;
const FACTOR = 2;
const SCALE = 0.5;
const SHIFT = 0.25;

describe('fitting', () => {
  it('finds the map of an autoencoder that is linear', async () => {
    // Latents are red, green and blue of a 2 x 2 square, shifted, divided, in another order, and a channel of nothing.
    const encoder = network('sample', ([, , side = 0], data) => {
      const latents = new Float32Array(2 * 4 * SIZE * SIZE);
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < SIZE; y++) {
          for (let x = 0; x < SIZE; x++) {
            let sum = 0;
            for (const [dy, dx] of [
              [0, 0],
              [0, 1],
              [1, 0],
              [1, 1],
            ] as const) {
              sum += data[(c * side + FACTOR * y + dy) * side + FACTOR * x + dx]!;
            }
            latents[((2 - c) * SIZE + y) * SIZE + x] = sum / 4 / SCALE + SHIFT;
          }
        }
      }
      for (let i = 0; i < SIZE * SIZE; i++) latents[3 * SIZE * SIZE + i] = Math.sin(i * i);
      return { latent_parameters: floats([1, 8, SIZE, SIZE], latents) };
    });
    const decoder = network('latent_sample', (_, data) => {
      const side = SIZE * FACTOR;
      const sample = new Float32Array(3 * side * side);
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < side; y++) {
          for (let x = 0; x < side; x++) {
            const latent = data[((2 - c) * SIZE + (y >> 1)) * SIZE + (x >> 1)]!;
            sample[(c * side + y) * side + x] = (latent - SHIFT) * SCALE;
          }
        }
      }
      return { sample: floats([1, 3, side, side], sample) };
    });
    const { preview, explained } = await fitLatentPreview({
      encoder,
      decoder,
      size: SIZE,
      channels: 4,
      pixelsPerLatent: FACTOR,
      scalingFactor: SCALE,
      shiftFactor: SHIFT,
    });
    expect(explained).toBeCloseTo(1, 6);
    const expected = [
      [0, 0, 0.5],
      [0, 0.5, 0],
      [0.5, 0, 0],
      [0, 0, 0],
      [0.5, 0.5, 0.5],
    ].flat();
    preview.weights.forEach((weight, i) => expect(weight).toBeCloseTo(expected[i]!, 5));
  });
});

describe('applying', () => {
  const preview = { channels: 1, weights: [0.5, 0, -0.5, 0.5, 1, 0.5] };

  it('gives one pixel a latent pixel, clamped', () => {
    const picture = applyPreview(preview, floats([1, 1, 3], Float32Array.of(-9, 0, 1)));
    expect(picture).toEqual({ width: 3, height: 1, rgb: Uint8Array.of(0, 255, 255, 128, 255, 128, 255, 255, 0) });
  });

  it('takes a thousandth of a second for 64 x 64 latents of four channels', () => {
    const four = { channels: 4, weights: new Array<number>(15).fill(0.1) };
    const latents = floats([4, 64, 64]);
    for (let i = 0; i < 50; i++) applyPreview(four, latents); // as warm as after a few steps
    const times = Array.from({ length: 50 }, () => {
      const before = performance.now();
      applyPreview(four, latents);
      return performance.now() - before;
    });
    expect(times.toSorted((a, b) => a - b)[25]).toBeLessThan(2); // about 0.2 ms; a loaded machine gets some room
  });
});

type Answer = ReturnType<Network['run']> extends Promise<infer Tensors> ? Tensors : never;

function network(input: string, run: (shape: readonly number[], data: Float32Array) => Answer): Network {
  return {
    run: async (inputs) => {
      const tensor = inputs[input];
      if (tensor?.dtype !== 'float32') throw new Error(`no ${input}`);
      return run(tensor.shape, tensor.data);
    },
    release: async () => {},
  };
}
