/**
 * From a picture's pixels to what CLIP's vision tower takes: resize, crop the middle, levels to numbers, normalise.
 *
 * Reference: transformers 5.23.0, models/clip/image_processing_pil_clip.py CLIPImageProcessorPil (Pillow's resize, as
 * OpenAI's clip.py has it; the torchvision one rounds otherwise by a level here and there). The settings are those of
 * a model's `preprocessor_config.json`.
 */
import { z } from 'zod';

import { ModelError } from '../errors.js';
import type { FloatTensor } from '../runtime/tensor.js';
import { floats } from '../runtime/tensor.js';
import type { RgbPicture } from './resizers/rgb-picture.js';
import { resizeBicubic, type Window } from './resizers/pillow-bicubic.js';

export interface ClipPreprocessing {
  /** The shorter side becomes so long, or both sides are set; null: no resize. */
  readonly resize: { readonly shortestEdge: number } | Size | null;
  /** The middle of the picture, with black where it is smaller; null: no crop. */
  readonly crop: Size | null;
  /** A level 0..255 times this, less `mean`, by `deviation` (of red, green, blue). */
  readonly rescale: number;
  readonly mean: Rgb;
  readonly deviation: Rgb;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

type Rgb = readonly [number, number, number];

// -------------------------------------------------------------------------------------------------- settings ----

const side = z.int().min(1).max(16_384);
const exact = z.object({ height: side, width: side });
const flag = z.boolean({ error: 'true or false' });
const levels = z.tuple([z.number(), z.number(), z.number()], { error: 'three numbers, for red, green and blue' });

/** Messages are what a field should be. Absent ones are the numbers that OpenAI trained CLIP with. */
const preprocessorConfig = z.object({
  do_resize: flag.default(true),
  size: z
    .union([side, exact, z.strictObject({ shortest_edge: side })], { error: 'height and width, or shortest_edge' })
    .optional(),
  resample: z.int({ error: 'the number of a filter' }).default(3),
  do_center_crop: flag.default(true),
  crop_size: z.union([side, exact], { error: 'height and width' }).optional(),
  do_rescale: flag.default(true),
  rescale_factor: z.number({ error: 'a number' }).default(1 / 255),
  do_normalize: flag.default(true),
  image_mean: levels.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: levels.default([0.26862954, 0.26130258, 0.27577711]),
});

/** Pillow's number for its bicubic filter. */
const BICUBIC = 3;

/**
 * @param json a `preprocessor_config.json` as it is; `{}` where a model has none
 * @param imageSize what the network takes, for fields that are absent
 * @param label what messages call the file
 */
export function parseClipPreprocessing(json: unknown, imageSize: number, label: string): ClipPreprocessing {
  const result = preprocessorConfig.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = String(issue?.path[0] ?? 'the file');
    const sentence = `${label}: ${field} is not as CLIP’s image processors write it: give it ${issue?.message}.`;
    throw new ModelError('unfit-model', sentence);
  }
  const config = result.data;
  if (config.do_resize && config.resample !== BICUBIC) {
    const sentence = `${label}: resample ${config.resample} is a way to resize that this studio does not have (it has ${BICUBIC}, bicubic).`;
    throw new ModelError('unsupported', sentence);
  }
  return {
    resize: config.do_resize ? resizeOf(config.size ?? imageSize) : null,
    crop: config.do_center_crop ? cropOf(config.crop_size ?? imageSize) : null,
    rescale: config.do_rescale ? config.rescale_factor : 1,
    mean: config.do_normalize ? config.image_mean : [0, 0, 0],
    deviation: config.do_normalize ? config.image_std : [1, 1, 1],
  };
}

function resizeOf(size: number | Size | { shortest_edge: number }): ClipPreprocessing['resize'] {
  if (typeof size === 'number') return { shortestEdge: size };
  return 'shortest_edge' in size ? { shortestEdge: size.shortest_edge } : size;
}

const cropOf = (size: number | Size): Size => (typeof size === 'number' ? { width: size, height: size } : size);

// --------------------------------------------------------------------------------------------------- pictures ----

/** The picture as the network's `pixel_values`: [1, 3, H, W]. */
export function clipPixelValues(picture: RgbPicture, preprocessing: ClipPreprocessing): FloatTensor {
  const resized = resizedSize(picture, preprocessing.resize);
  const crop = preprocessing.crop ?? resized;
  // Of a long, narrow picture most falls to the crop: it is not computed.
  const window = middleOf(resized, crop);
  const middle = resizeBicubic(picture, resized.width, resized.height, window);
  return normalized(onBlack(middle, crop, resized), preprocessing);
}

function resizedSize({ width, height }: Size, resize: ClipPreprocessing['resize']): Size {
  if (resize === null) return { width, height };
  if ('width' in resize) return resize;
  const short = resize.shortestEdge;
  const long = Math.trunc((short * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: short, height: long } : { width: long, height: short };
}

/** How far the middle lies from the beginning; negative where the crop is the larger one. */
const offsetOf = (size: number, crop: number): number => Math.floor((size - crop) / 2);

function middleOf(picture: Size, crop: Size): Window {
  return {
    left: Math.max(0, offsetOf(picture.width, crop.width)),
    top: Math.max(0, offsetOf(picture.height, crop.height)),
    width: Math.min(picture.width, crop.width),
    height: Math.min(picture.height, crop.height),
  };
}

/** The middle of a picture of size `whole`, with black around it where the crop is larger. */
function onBlack(middle: RgbPicture, { width, height }: Size, whole: Size): RgbPicture {
  if (middle.width === width && middle.height === height) return middle;
  const left = Math.max(0, -offsetOf(whole.width, width));
  const top = Math.max(0, -offsetOf(whole.height, height));
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < middle.height; y++) {
    const row = middle.rgb.subarray(3 * y * middle.width, 3 * (y + 1) * middle.width);
    rgb.set(row, 3 * ((top + y) * width + left));
  }
  return { rgb, width, height };
}

/** Rounded to float32 where numpy rounds, so that every number is the reference's. */
function normalized({ rgb, width, height }: RgbPicture, { rescale, mean, deviation }: ClipPreprocessing): FloatTensor {
  const f32 = Math.fround;
  const area = width * height;
  const values = floats([1, 3, height, width]);
  for (const channel of [0, 1, 2] as const) {
    const [middle, spread] = [f32(mean[channel]), f32(deviation[channel])];
    const table = Float32Array.from({ length: 256 }, (_, level) => f32(f32(level * rescale) - middle) / spread);
    for (let i = 0; i < area; i++) values.data[channel * area + i] = table[rgb[3 * i + channel]!]!;
  }
  return values;
}
