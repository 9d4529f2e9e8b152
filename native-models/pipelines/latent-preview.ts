/**
 * A picture out of its noise at every step, for next to nothing: a linear map from a latent pixel to a colour.
 *
 * A decoder is a deep network, but what it makes of smooth latents is nearly linear: each colour is a constant plus
 * a weighted sum of the C channels. The C + 1 weights of each colour are fitted by least squares to *this* model's
 * decoder: decode random smooth latents, shrink the pictures to one pixel a latent pixel, solve the normal equations.
 * The fit is a few numbers that callers keep under a hash of the decoder's weights.
 */
import { TorchGenerator } from '../noise/torch-generator.js';
import type { Network } from '../runtime/network.js';
import { floats, type FloatTensor } from '../runtime/tensor.js';

/** Colour = weights[C] + sum over c of weights[c] latent[c], in 0..1; [C + 1, 3] row-major. */
export interface LatentPreview {
  readonly channels: number;
  readonly weights: readonly number[];
}

export interface PreviewPicture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], one pixel a latent pixel. */
  readonly rgb: Uint8Array;
}

/** The latents [C, h, w] (better: the predicted original) as a small picture. */
export function applyPreview({ channels, weights }: LatentPreview, latents: FloatTensor): PreviewPicture {
  const [, height = 0, width = 0] = latents.shape;
  const area = height * width;
  const rgb = new Uint8ClampedArray(3 * area); // clamps and rounds
  for (let colour = 0; colour < 3; colour++) {
    const constant = 255 * weights[3 * channels + colour]!;
    for (let i = 0; i < area; i++) {
      let sum = constant;
      for (let c = 0; c < channels; c++) sum += 255 * weights[3 * c + colour]! * latents.data[c * area + i]!;
      rgb[3 * i + colour] = sum;
    }
  }
  return { width, height, rgb: new Uint8Array(rgb.buffer) };
}

export interface PreviewFit {
  readonly preview: LatentPreview;
  /** How much of the pictures' variance the map explains, 0 to 1. */
  readonly explained: number;
}

export interface DecoderToFit {
  /** latent_sample [1, C, size, size] -> sample [1, 3, H, W] in -1..1. */
  readonly decoder: Network;
  readonly size: number;
  readonly channels: number;
  readonly pixelsPerLatent: number;
  readonly scalingFactor: number;
  readonly shiftFactor: number;
}

/** How many random pictures are decoded; more change the map by less than one can see. */
const PICTURES = 6;

export async function fitLatentPreview(given: DecoderToFit): Promise<PreviewFit> {
  const { decoder, size, channels, scalingFactor, shiftFactor } = given;
  const generator = new TorchGenerator(0);
  const area = size * size;
  const rows: number[][] = []; // a latent pixel's channels, and 1
  const colours: number[][] = [];
  for (let picture = 0; picture < PICTURES; picture++) {
    const latents = smoothLatents(generator, channels, size);
    const unscaled = latents.map((value) => value / scalingFactor + shiftFactor);
    const { sample } = await decoder.run({ latent_sample: floats([1, channels, size, size], unscaled) });
    if (sample?.dtype !== 'float32') throw new TypeError('the decoder gave no float32 picture');
    const small = shrink(sample.data, size, given.pixelsPerLatent);
    for (let i = 0; i < area; i++) {
      rows.push([...Array.from({ length: channels }, (_, c) => latents[c * area + i]!), 1]);
      colours.push([small[i]!, small[area + i]!, small[2 * area + i]!]);
    }
  }
  const weights = leastSquares(rows, colours);
  return { preview: { channels, weights }, explained: explainedVariance(rows, colours, weights) };
}

/**
 * Latents as those of pictures are: unit variance in each channel, alike in neighbouring places. Noise on grids of 1,
 * 2, 4 ... cells, spread over the whole and added up.
 */
function smoothLatents(generator: TorchGenerator, channels: number, size: number): Float32Array {
  const latents = new Float32Array(channels * size * size);
  for (let cells = 1; cells < size; cells *= 2) {
    const noise = generator.randn(channels * (cells + 1) ** 2);
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const grid = c * (cells + 1) ** 2;
          latents[(c * size + y) * size + x]! += between(noise, grid, cells, (x / size) * cells, (y / size) * cells);
        }
      }
    }
  }
  let squares = 0;
  for (const value of latents) squares += value * value;
  const deviation = Math.sqrt(squares / latents.length);
  return latents.map((value) => value / deviation);
}

/** The value between four corners of a grid of (cells + 1)^2 values. */
function between(grid: Float32Array, start: number, cells: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (dx: number, dy: number): number => grid[start + (top + dy) * (cells + 1) + left + dx]!;
  const [right, down] = [x - left, y - top];
  return (
    at(0, 0) * (1 - right) * (1 - down) +
    at(1, 0) * right * (1 - down) +
    at(0, 1) * (1 - right) * down +
    at(1, 1) * right * down
  );
}

/** sample [3, H, W] in -1..1 -> [3, size, size] in 0..1, the mean over the square of each latent pixel. */
function shrink(sample: Float32Array, size: number, pixelsPerLatent: number): Float32Array {
  const side = size * pixelsPerLatent;
  const small = new Float32Array(3 * size * size);
  for (let colour = 0; colour < 3; colour++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const value = Math.min(Math.max(sample[(colour * side + y) * side + x]! / 2 + 0.5, 0), 1);
        const place = (colour * size + Math.floor(y / pixelsPerLatent)) * size + Math.floor(x / pixelsPerLatent);
        small[place]! += value / pixelsPerLatent ** 2;
      }
    }
  }
  return small;
}

/** x that makes |A x - b|^2 least, from the normal equations A^T A x = A^T b by Gauss and Jordan; row-major [n, 3]. */
function leastSquares(rows: readonly number[][], targets: readonly number[][]): number[] {
  const n = rows[0]!.length;
  const equations = Array.from({ length: n }, () => new Array<number>(n + 3).fill(0)); // [A^T A | A^T b]
  rows.forEach((row, r) => {
    const all = [...row, ...targets[r]!];
    for (let i = 0; i < n; i++) for (let j = 0; j < n + 3; j++) equations[i]![j]! += row[i]! * all[j]!;
  });
  // Random latents have full rank: no pivot is zero.
  for (let pivot = 0; pivot < n; pivot++) {
    const scale = equations[pivot]![pivot]!;
    const normal = equations[pivot]!.map((value) => value / scale);
    equations.forEach((row, i) => {
      const factor = row[pivot]!;
      equations[i] = i === pivot ? normal : row.map((value, j) => value - factor * normal[j]!);
    });
  }
  return equations.flatMap((row) => row.slice(n));
}

function explainedVariance(
  rows: readonly number[][],
  targets: readonly number[][],
  weights: readonly number[],
): number {
  let residual = 0;
  let variance = 0;
  for (const k of [0, 1, 2]) {
    const mean = targets.reduce((sum, target) => sum + target[k]!, 0) / targets.length;
    rows.forEach((row, r) => {
      const fitted = row.reduce((sum, value, i) => sum + value * weights[3 * i + k]!, 0);
      residual += (targets[r]![k]! - fitted) ** 2;
      variance += (targets[r]![k]! - mean) ** 2;
    });
  }
  return 1 - residual / variance;
}
