import { basename } from 'node:path';
import type { PictureSource } from '../contracts/evaluation.js';
import type { ListedPicture, PictureMode, SkippedFile } from '../contracts/features.js';
import type { Worker } from '../contracts/worker.js';

/** The pictures of a source, as they are to be measured. */
export interface ListedSource {
  /** What a person reads: the folder's name. */
  readonly label: string;
  readonly pictures: readonly ListedPicture[];
  readonly skipped: readonly SkippedFile[];
  /** Pictures in folders below it that are not measured. */
  readonly below: number;
  readonly notices: readonly string[];
}

export interface SourceParts {
  readonly worker: Pick<Worker, 'listPictures'>;
  /** File of a gallery picture, and the name to show; null for one that is gone. */
  readonly galleryPicture: (id: string) => Promise<ListedPicture | null>;
}

/**
 * clean-fid looks into folders below (`cleanfid/fid.py`, `glob.glob(recursive=True)`); pytorch-fid and torch-fidelity
 * take a folder's own files, and so do we: pictures below are told.
 */
export async function listSource(
  { worker, galleryPicture }: SourceParts,
  source: PictureSource,
  mode: PictureMode,
): Promise<ListedSource> {
  switch (source.kind) {
    case 'folder': {
      const deep = mode === 'clean-fid';
      const { pictures, skipped, below } = await worker.listPictures({ folder: source.path, deep });
      const label = basename(source.path) || source.path;
      const notices =
        below === 0
          ? []
          : [
              `“${label}” holds ${pictureCount(below)} in folders below it that ${below === 1 ? 'is' : 'are'} not measured: ${mode} looks at a folder’s own files, clean-fid below them too.`,
            ];
      return { label, pictures, skipped, below, notices };
    }
    case 'gallery': {
      const pictures: ListedPicture[] = [];
      const skipped: SkippedFile[] = [];
      for (const id of source.ids) {
        const found = await galleryPicture(id).catch(() => null);
        if (found === null) skipped.push({ file: id, reason: 'not in the gallery any more' });
        else pictures.push(found);
      }
      return { label: 'Gallery', pictures, skipped, below: 0, notices: [] };
    }
  }
}

export const pictureCount = (count: number): string =>
  count === 1 ? '1 picture' : `${count.toLocaleString('en')} pictures`;
