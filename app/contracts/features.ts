import { z } from 'zod';
import { deviceWish } from './capabilities.js';

/** Networks that turn pictures and texts into vectors, and what is done to a picture before one sees it. */

export const featureNetworkFile = z.object({
  kind: z.enum(['inception', 'clip']),
  /** An Inception's file; a CLIP's folder, that of a model which has one, or its single file. */
  path: z.string(),
});
export type FeatureNetworkFile = z.infer<typeof featureNetworkFile>;

/** Whose resizing and scaling an Inception's pictures get. Numbers of different modes cannot be compared. */
export const pictureMode = z.enum(['pytorch-fid', 'clean-fid', 'torch-fidelity']);
export type PictureMode = z.infer<typeof pictureMode>;

const side = z.number().int().positive();
const channels = z.tuple([z.number(), z.number(), z.number()]);

export const preparation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inception'), mode: pictureMode }),
  /** As `native-models/metrics/clip-preprocessing.ts` has it. */
  z.object({
    kind: z.literal('clip'),
    resize: z
      .union([z.object({ shortestEdge: side }).strict(), z.object({ width: side, height: side }).strict()])
      .nullable(),
    crop: z.object({ width: side, height: side }).nullable(),
    rescale: z.number(),
    mean: channels,
    deviation: channels,
  }),
]);
export type Preparation = z.infer<typeof preparation>;

/** What a network's files tell, with nothing opened. */
export const featureNetwork = featureNetworkFile.extend({
  /** What a person reads: the file's or folder's name. */
  label: z.string(),
  /** Pixels: it takes [B, 3, side, side]. */
  side,
  /** D of its picture vectors. */
  dimensions: z.number().int().positive(),
  /** Pictures in one call of `embedPictures` that go fastest. */
  batch: z.number().int().positive(),
  /** False where its text tower is not there. */
  readsText: z.boolean(),
  preparation,
  /** The file whose sha256 stands for it. */
  hashedFile: z.string(),
  /** What else of its files changes its vectors, in one text: a CLIP's sizes and activation. */
  config: z.string(),
  /** What a person should know about it, one sentence each. */
  notices: z.array(z.string()),
});
export type FeatureNetwork = z.infer<typeof featureNetwork>;

/** Vectors in a file: float32, little-endian, one row after the other, nothing else. */
export const featureMatrix = z.object({
  path: z.string(),
  rows: z.number().int().nonnegative(),
  columns: z.number().int().positive(),
});
export type FeatureMatrix = z.infer<typeof featureMatrix>;

/** A picture of a folder. */
export const listedPicture = z.object({
  path: z.string(),
  /** Below the folder, with `/`. */
  name: z.string(),
});
export type ListedPicture = z.infer<typeof listedPicture>;

export const skippedFile = z.object({ file: z.string(), reason: z.string() });
export type SkippedFile = z.infer<typeof skippedFile>;

export const pictureListing = z.object({
  /** In natural order of their names: `2.png` before `10.png`. */
  pictures: z.array(listedPicture),
  /** What is no picture by its name, or cannot be read. Hidden files are not told. */
  skipped: z.array(skippedFile),
  /** Pictures in folders below, when these were not to be searched. */
  below: z.number().int().nonnegative(),
});
export type PictureListing = z.infer<typeof pictureListing>;

/** Of each picture: its content's hash, or why it has none. */
export const pictureHash = z.union([z.object({ sha256: z.string() }), z.object({ problem: z.string() })]);
export type PictureHash = z.infer<typeof pictureHash>;

export const preparedPicture = z.object({
  /** [3, side, side], scaled as the network wants it. */
  pixels: z.instanceof(Float32Array),
  /** Of the file. */
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** `png`, `jpeg` ... */
  format: z.string(),
  /** What was done to it that its owner may not expect, in few words: `transparency dropped`, `first of 12 frames`. */
  notes: z.array(z.string()),
});
export type PreparedPicture = z.infer<typeof preparedPicture>;

/** Calls of the worker. */
export const pictureCalls = {
  /** Throws `missing-file` where there is no such folder. */
  listPictures: { request: z.object({ folder: z.string(), deep: z.boolean() }), reply: pictureListing },
  hashPictures: { request: z.object({ paths: z.array(z.string()).max(256) }), reply: z.array(pictureHash) },
  /**
   * Decoded as Pillow's `convert("RGB")` would, resized, scaled. Throws `bad-file` with what is wrong with it: a message
   * that goes on after the file's name, as a `problem` and a `reason` do (`is empty`, `is a web page, not a picture`).
   */
  preparePicture: { request: z.object({ path: z.string(), preparation }), reply: preparedPicture },
} as const;

/** Calls of the engine. */
export const embeddingCalls = {
  featureNetwork: { request: featureNetworkFile.extend({ mode: pictureMode }), reply: featureNetwork },
  /** One batch; the network stays open for the next one. */
  embedPictures: {
    request: z.object({
      network: featureNetworkFile,
      device: deviceWish,
      /** B */
      count: z.number().int().positive(),
      /** [B, 3, side, side] */
      pixels: z.instanceof(Float32Array),
    }),
    /** [B, D], not normalised. */
    reply: z.object({ vectors: z.instanceof(Float32Array), device: z.string() }),
  },
  embedTexts: {
    request: z.object({ network: featureNetworkFile, device: deviceWish, texts: z.array(z.string()).min(1).max(256) }),
    reply: z.object({
      /** [B, D], not normalised. */
      vectors: z.instanceof(Float32Array),
      /** Places of the texts that were longer than the network reads: cut, their end mark kept. */
      cut: z.array(z.number().int().nonnegative()),
    }),
  },
} as const;

type Embedding = typeof embeddingCalls;
export type FeatureNetworkRequest = z.input<Embedding['featureNetwork']['request']>;
export type EmbedPicturesRequest = z.input<Embedding['embedPictures']['request']>;
export type EmbeddedPictures = z.output<Embedding['embedPictures']['reply']>;
export type EmbedTextsRequest = z.input<Embedding['embedTexts']['request']>;
export type EmbeddedTexts = z.output<Embedding['embedTexts']['reply']>;
