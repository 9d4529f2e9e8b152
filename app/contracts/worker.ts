import { z } from 'zod';
import {
  adapterDescription,
  adapterFileUse,
  adapterFit,
  adapterReceipt,
  wholeAdapter,
  type AdapterDescription,
  type AdapterFit,
  type AdapterReceipt,
  type WholeAdapter,
} from './adapters.js';
import {
  pictureCalls,
  type PictureHash,
  type PictureListing,
  type Preparation,
  type PreparedPicture,
} from './features.js';
import { modelDescription, type ModelDescription } from './models.js';

/**
 * The worker: a process without ONNX Runtime for work that takes long or reads files from strangers: model headers,
 * hashing, pictures. Same manners as the engine: `app` sees the `Worker` port, both ends validate.
 */

export const savePictureRequest = z.object({
  rgb: z.instanceof(Uint8Array),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Where the PNG goes; written beside and renamed. */
  path: z.string(),
  /** Refuse (`bad-input`) when `path` exists. */
  overwrite: z.boolean(),
  /** PNG text chunks in order: keyword and text (`parameters`, `inkstone`). */
  text: z.array(z.object({ keyword: z.string(), text: z.string() })),
  /** Also write a WebP thumbnail whose longer side is at most `side` pixels; smaller pictures keep their size. */
  thumbnail: z.object({ path: z.string(), side: z.number().int().positive() }).nullable(),
});
export type SavePictureRequest = z.infer<typeof savePictureRequest>;

export const pictureFile = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  format: z.string(),
  bytes: z.number().int().nonnegative(),
  text: z.array(z.object({ keyword: z.string(), text: z.string() })),
});
export type PictureFile = z.infer<typeof pictureFile>;

export const bakeRequest = z.object({
  modelPath: z.string(),
  component: z.string(),
  adapters: z.array(adapterFileUse),
  /** `.safetensors` to write: beside and renamed. */
  out: z.string(),
  overwrite: z.boolean(),
  dtype: z.enum(['f32', 'f16', 'bf16', 'base']),
  /** All tensors of the component instead of the touched ones. */
  full: z.boolean(),
});
export type BakeRequest = z.infer<typeof bakeRequest>;

export const bakeResult = z.object({ tensors: z.number().int(), dtype: z.string(), bytes: z.number().int() });
export type BakeResult = z.infer<typeof bakeResult>;

/**
 * A file of an adapter folder, by path and by what tells that it changed: `SIZE:MTIME_NS:INODE` as
 * app/storage/file-identity.ts writes it, then for each file beside it that describes or pictures it `|` and the same.
 */
export const foundAdapter = z.object({ path: z.string(), identity: z.string() });
export type FoundAdapter = z.infer<typeof foundAdapter>;

export interface Worker {
  /** Read headers and configs of a model folder or file; refuses what is none, saying what it is. */
  inspectModel(request: { path: string; checkFinite: boolean }): Promise<ModelDescription>;
  /** sha256 of a whole file, hex; `onProgress` gets bytes read. */
  hashFile(request: { path: string }, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<string>;
  savePicture(request: SavePictureRequest): Promise<{ bytes: number }>;
  readPicture(request: { path: string }): Promise<PictureFile>;
  /** A WebP thumbnail of any picture file. */
  makeThumbnail(request: { path: string; out: string; side: number }): Promise<void>;

  /** Every `.safetensors` below a folder, links followed once; or the one file that `folder` names, whatever its ending. */
  scanAdapterFolder(request: { folder: string }): Promise<FoundAdapter[]>;
  /** Header and sidecar files; a file that cannot be used comes back with its `problem`, only a missing one throws. */
  describeAdapters(request: { paths: string[] }): Promise<AdapterDescription[]>;
  /** How files go with a model, in their order; null for one that cannot be read. */
  fitAdapters(request: { paths: string[]; modelPath: string }): Promise<(AdapterFit | null)[]>;
  /** The whole receipt; reads all of the file. Refuses what is no adapter, naming what it is. */
  inspectAdapter(request: { path: string; modelPath: string | null }, signal: AbortSignal): Promise<AdapterReceipt>;
  /** Hashes and whether the values are numbers; `onProgress` gets bytes read. */
  hashAdapter(
    request: { path: string },
    onProgress: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<WholeAdapter>;
  /** The picture that a file's own metadata carries, as a WebP thumbnail. */
  makeAdapterPreview(request: { path: string; out: string; side: number }): Promise<void>;
  /** Merged weights; `onProgress` gets the part that is done, 0 to 1. */
  bakeAdapters(request: BakeRequest, onProgress: (part: number) => void, signal: AbortSignal): Promise<BakeResult>;

  listPictures(request: { folder: string; deep: boolean }): Promise<PictureListing>;
  hashPictures(request: { paths: string[] }): Promise<PictureHash[]>;
  preparePicture(request: { path: string; preparation: Preparation }): Promise<PreparedPicture>;
}

export const workerCalls = {
  inspectModel: { request: z.object({ path: z.string(), checkFinite: z.boolean() }), reply: modelDescription },
  hashFile: { request: z.object({ path: z.string() }), progress: z.number(), reply: z.string() },
  savePicture: { request: savePictureRequest, reply: z.object({ bytes: z.number() }) },
  readPicture: { request: z.object({ path: z.string() }), reply: pictureFile },
  makeThumbnail: {
    request: z.object({ path: z.string(), out: z.string(), side: z.number().int().positive() }),
    reply: z.object({}),
  },
  scanAdapterFolder: { request: z.object({ folder: z.string() }), reply: z.array(foundAdapter) },
  describeAdapters: { request: z.object({ paths: z.array(z.string()) }), reply: z.array(adapterDescription) },
  fitAdapters: {
    request: z.object({ paths: z.array(z.string()), modelPath: z.string() }),
    reply: z.array(adapterFit.nullable()),
  },
  inspectAdapter: {
    request: z.object({ path: z.string(), modelPath: z.string().nullable() }),
    reply: adapterReceipt,
  },
  hashAdapter: { request: z.object({ path: z.string() }), progress: z.number(), reply: wholeAdapter },
  makeAdapterPreview: {
    request: z.object({ path: z.string(), out: z.string(), side: z.number().int().positive() }),
    reply: z.object({}),
  },
  bakeAdapters: { request: bakeRequest, progress: z.number(), reply: bakeResult },
  ...pictureCalls,
} as const;
