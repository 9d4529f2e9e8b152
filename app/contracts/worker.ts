import { z } from 'zod';
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

export interface Worker {
  /** Read headers and configs of a model folder or file; refuses what is none, saying what it is. */
  inspectModel(request: { path: string; checkFinite: boolean }): Promise<ModelDescription>;
  /** sha256 of a whole file, hex; `onProgress` gets bytes read. */
  hashFile(request: { path: string }, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<string>;
  savePicture(request: SavePictureRequest): Promise<{ bytes: number }>;
  readPicture(request: { path: string }): Promise<PictureFile>;
  /** A WebP thumbnail of any picture file. */
  makeThumbnail(request: { path: string; out: string; side: number }): Promise<void>;
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
} as const;
