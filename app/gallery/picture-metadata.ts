import { basename } from 'node:path';
import { z } from 'zod';
import { pictureReceipt, type PictureReceipt } from '../contracts/gallery.js';
import { parse } from '../storage/rows.js';
import { a1111Adapters, writeLoraHashes } from './a1111-adapters.js';
import { writeA1111Parameters } from './a1111-parameters.js';

/** PNG keyword of the studio's own JSON, beside A1111's `parameters`. */
export const inkstoneKeyword = 'inkstone';
export const parametersKeyword = 'parameters';

/** What the gallery must know to take a file in again after its database was lost. */
const galleryEntry = z.object({
  /** Becomes the name of its thumbnail, and a file may come from a stranger: nothing but letters, digits, hyphens. */
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
});
export type GalleryEntry = z.infer<typeof galleryEntry>;

const ownMetadata = pictureReceipt.extend({ picture: galleryEntry.nullable() });
export type OwnMetadata = z.infer<typeof ownMetadata>;

type TextChunk = { keyword: string; text: string };

/** The text chunks of a picture. `entry` is null for a picture that is made for no gallery. */
export function writeMetadata(receipt: PictureReceipt, entry: GalleryEntry | null): TextChunk[] {
  const { prompt, hashes } = a1111Adapters(receipt.settings.prompt, receipt.adapters);
  const parameters = writeA1111Parameters({
    ...receipt.settings,
    prompt,
    loraHashes: writeLoraHashes(hashes),
    model: receipt.model.name,
    modelSha256: receipt.model.sha256,
    noise: receipt.noise,
    version: receipt.inkstone,
  });
  // A picture is given away: the folders of its maker stay out of it.
  const adapters = receipt.adapters.map((used) => ({
    ...used,
    receipt: { ...used.receipt, file: basename(used.receipt.file) },
  }));
  const own: OwnMetadata = { ...receipt, adapters, picture: entry };
  return [
    { keyword: parametersKeyword, text: parameters },
    { keyword: inkstoneKeyword, text: JSON.stringify(own) },
  ];
}

/** Longer texts are not ours: a prompt of 10,000 tokens is some 60 kB. */
const longestText = 4_000_000;

/** Our JSON of a picture file, or null where there is none or someone changed it beyond recognition. */
export function readOwnMetadata(chunks: readonly TextChunk[]): OwnMetadata | null {
  const own = chunks.find(({ keyword }) => keyword === inkstoneKeyword)?.text;
  if (own === undefined || own.length > longestText) return null;
  const result = ownMetadata.safeParse(parse(own));
  return result.success ? result.data : null;
}

/** A1111's text of a picture file, or null. */
export function readParametersText(chunks: readonly TextChunk[]): string | null {
  const parameters = chunks.find(({ keyword }) => keyword === parametersKeyword)?.text;
  return parameters === undefined || parameters.length > longestText ? null : parameters;
}
