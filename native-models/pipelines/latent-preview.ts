/**
 * A picture out of its noise at every step, for next to nothing: a linear map from a latent pixel to a colour.
 *
 * A decoder is a deep network, but how bright and of which colour a place is, it tells nearly linearly: each colour
 * is a constant plus a weighted sum of the C channels. These C + 1 weights for each of three colours are fitted by
 * least squares to *this* model's autoencoder: discs of plain colours are encoded and decoded, the decoded pictures
 * shrunk to one pixel a latent pixel. Random latents would do without the encoder, but they are not like those of
 * pictures: on the embedded model the error was twice as large. Callers keep the few numbers under a hash of the
 * weights.
 */
import type { Network, Tensors } from '../runtime/network.js';
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

export interface AutoencoderToFit {
  /** sample [1, 3, H, W] in -1..1 -> latent_parameters [1, 2 C, size, size]. */
  readonly encoder: Network;
  /** latent_sample [1, C, size, size] -> sample [1, 3, H, W]. */
  readonly decoder: Network;
  readonly size: number;
  readonly channels: number;
  readonly pixelsPerLatent: number;
  readonly scalingFactor: number;
  readonly shiftFactor: number;
}

/** Each gives size x size equations for C + 1 unknowns; more change the map by less than one can see. */
const PICTURES = 4;

export async function fitLatentPreview(given: AutoencoderToFit): Promise<PreviewFit> {
  const { size, channels, pixelsPerLatent, scalingFactor, shiftFactor } = given;
  const area = size * size;
  const side = size * pixelsPerLatent;
  const random = randomNumbers();
  const rows: number[][] = []; // a latent pixel's channels, and 1
  const colours: number[][] = [];
  for (let picture = 0; picture < PICTURES; picture++) {
    const painted = floats([1, 3, side, side], paintDiscs(side, random));
    const { latent_parameters: parameters } = await given.encoder.run({ sample: painted });
    const means = floatsOf(parameters).slice(0, channels * area); // the first half; the other is log-variances
    const { sample } = await given.decoder.run({ latent_sample: floats([1, channels, size, size], means) });
    const small = shrink(floatsOf(sample), size, pixelsPerLatent);
    for (let i = 0; i < area; i++) {
      const pixel = Array.from({ length: channels }, (_, c) => (means[c * area + i]! - shiftFactor) * scalingFactor);
      rows.push([...pixel, 1]);
      colours.push([small[i]!, small[area + i]!, small[2 * area + i]!]);
    }
  }
  const weights = leastSquares(rows, colours);
  return { preview: { channels, weights }, explained: explainedVariance(rows, colours, weights) };
}

const DISCS = 8;

/** Discs of plain colours on a plain ground, [3, side, side] in -1..1; black and white more often than others. */
function paintDiscs(side: number, random: () => number): Float32Array {
  const painted = new Float32Array(3 * side * side);
  const colour = (): number[] => {
    const kind = random();
    if (kind < 0.15) return [-1, -1, -1];
    if (kind < 0.35) return [1, 1, 1];
    return [2 * random() - 1, 2 * random() - 1, 2 * random() - 1];
  };
  for (let disc = 0; disc <= DISCS; disc++) {
    const [red, green, blue] = colour() as [number, number, number];
    // The first one is the ground: a disc that covers everything.
    const radius = disc === 0 ? 2 * side : side * (0.1 + 0.3 * random());
    const [x0, y0] = [side * random(), side * random()];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        if ((x - x0) ** 2 + (y - y0) ** 2 >= radius ** 2) continue;
        [red, green, blue].forEach((value, channel) => (painted[(channel * side + y) * side + x] = value));
      }
    }
  }
  return painted;
}

/** Numbers in [0, 1), the same in every run (the congruential generator of Numerical Recipes). */
function randomNumbers(): () => number {
  let state = 1;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function floatsOf(tensor: Tensors[string] | undefined): Float32Array {
  if (tensor?.dtype !== 'float32') throw new TypeError('the autoencoder gave no float32 tensor');
  return tensor.data;
}

/** sample [3, H, W] in -1..1 -> [3, size, size], 0 black and 1 white: the mean over the square of each latent pixel. */
function shrink(sample: Float32Array, size: number, pixelsPerLatent: number): Float32Array {
  const side = size * pixelsPerLatent;
  const small = new Float32Array(3 * size * size);
  for (let colour = 0; colour < 3; colour++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const value = sample[(colour * side + y) * side + x]! / 2 + 0.5;
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
  // Encoded pictures have full rank: no pivot is zero.
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
