import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GalleryQuery, Picture, PictureReceipt, PictureSummary } from '../contracts/gallery.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import type { Database } from '../storage/database.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import { moveFile } from './move-file.js';
import { pictureName, pictureTitle } from './picture-names.js';
import { pictureRows, type PictureRow, type PictureRows } from './picture-rows.js';

/** Longer side of a thumbnail in pixels: a gallery row of 176 on a screen of double density, and some to spare. */
export const thumbnailSide = 384;

export interface GalleryParts {
  readonly database: Database;
  readonly home: Home;
  readonly worker: Worker;
  /** The network (sha256 of its weights) whose CLIP scores are shown; null: none was asked for yet. */
  readonly scoredBy?: () => string | null;
  /** A picture came (`added`), went, came back, or its file was found gone. */
  readonly onChanged: (added: PictureSummary | null) => void;
}

/** A picture that was just saved, or found on the disk. */
export interface NewPicture {
  readonly id: string;
  /** Below home/pictures (or home/bin), with '/'. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly createdAt: number;
  readonly receipt: PictureReceipt;
}

/**
 * The pictures that the studio made. Each is a file below home/pictures and a row; thrown away, the file moves to
 * home/bin under the same path. A file is always moved before its row says so, and where the two differ after a crash
 * the file's place is right: see reconcile.ts.
 */
export class Gallery {
  readonly rows: PictureRows;
  readonly home: Home;
  readonly #worker: Worker;
  readonly #database: Database;
  readonly #onChanged: GalleryParts['onChanged'];
  readonly #thumbnailsInMaking = new Map<string, Promise<string | null>>();
  #moves: Promise<unknown> = Promise.resolve();

  constructor({ database, home, worker, scoredBy, onChanged }: GalleryParts) {
    this.rows = pictureRows(database, scoredBy);
    this.home = home;
    this.#worker = worker;
    this.#database = database;
    this.#onChanged = onChanged;
  }

  list(query: GalleryQuery): PictureSummary[] {
    return this.rows.list(query);
  }

  get(id: string): Picture {
    const row = this.#row(id);
    const receipt = this.rows.receipt(id);
    if (receipt === null) throw new StudioError('not-found', `The picture ${row.title} has lost its receipt.`);
    return { ...row, path: this.fileOf(row), receipt };
  }

  /** Absolute path of a picture's file, wherever it is now. */
  fileOf({ path, binnedAt }: Pick<PictureRow, 'path' | 'binnedAt'>): string {
    return join(binnedAt === null ? this.home.pictures : this.home.bin, path);
  }

  /** The picture's PNG, or null when it is gone (and marked so from now on). */
  async pictureFile(id: string): Promise<string | null> {
    const row = this.#row(id);
    const file = this.fileOf(row);
    const missing = (await fileIdentity(file)) === null;
    if (missing !== row.missing && this.rows.setMissing(id, missing)) this.#onChanged(null);
    return missing ? null : file;
  }

  /** Its thumbnail, made now if it is not there; null when neither is. */
  async thumbnailFile(id: string): Promise<string | null> {
    this.#row(id);
    const thumbnail = this.thumbnailOf(id);
    if (await fileIdentity(thumbnail)) return thumbnail;
    const inMaking = this.#thumbnailsInMaking.get(id);
    if (inMaking !== undefined) return inMaking;
    const made = this.#makeThumbnail(id, thumbnail).finally(() => this.#thumbnailsInMaking.delete(id));
    this.#thumbnailsInMaking.set(id, made);
    return made;
  }

  thumbnailOf(id: string): string {
    return join(this.home.thumbnails, `${id}.webp`);
  }

  /** A path for a new picture that no picture has, here or in the bin. `reserved` are paths promised to others. */
  async freePath(settings: { seed: number; prompt: string }, createdAt: number, reserved: ReadonlySet<string>) {
    const name = pictureName(settings, createdAt);
    for (let again = 1; ; again += 1) {
      const path = again === 1 ? `${name}.png` : `${name}-${again}.png`;
      if (reserved.has(path) || this.rows.pathTaken(path)) continue;
      if (await fileIdentity(join(this.home.pictures, path))) continue;
      if (await fileIdentity(join(this.home.bin, path))) continue;
      return path;
    }
  }

  /** Take a saved file in. May run inside a transaction; `announce` follows after it. False when it was known. */
  add(picture: NewPicture, binnedAt: number | null = null): boolean {
    const { receipt, ...row } = picture;
    return this.rows.add({ ...row, binnedAt, title: pictureTitle(receipt.settings.prompt) }, receipt);
  }

  announce(id: string): void {
    const row = this.rows.get(id);
    if (row === null) return;
    const { width, height, kept, title, missing, clipScore } = row;
    this.#onChanged({ id, width, height, kept, title, missing, clipScore });
  }

  changed(): void {
    this.#onChanged(null);
  }

  keep(id: string, kept: boolean): void {
    this.#row(id);
    this.rows.setKept(id, kept);
    this.#onChanged(null);
  }

  /** Returns how many pictures moved; those that are there already, or unknown, are left alone. */
  bin(ids: readonly string[]): Promise<number> {
    const at = Date.now();
    return this.#move(ids, (row) => (row.binnedAt === null ? at : undefined));
  }

  restore(ids: readonly string[]): Promise<number> {
    return this.#move(ids, (row) => (row.binnedAt === null ? undefined : null));
  }

  /** Delete what is in the bin from the disk, for good. A file is gone before its row: what is cut off is done again. */
  emptyBin(): Promise<number> {
    return this.exclusively(async () => {
      let deleted = 0;
      try {
        for (const row of this.rows.binned()) {
          await rm(this.fileOf(row), { force: true });
          await rm(this.thumbnailOf(row.id), { force: true });
          if (this.rows.remove(row.id)) deleted += 1;
        }
      } catch (cause) {
        throw new StudioError(
          'storage',
          `A picture in ${this.home.bin} could not be deleted; check that it is yours.`,
          {
            file: this.home.bin,
            cause,
          },
        );
      } finally {
        this.#onChanged(null);
      }
      return deleted;
    });
  }

  /** One after the other: whoever moves files or compares them with the rows. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#moves.then(work, work);
    this.#moves = result.catch(() => undefined);
    return result;
  }

  /** `to` gives the new time in the bin, null for out of it, undefined for no move. */
  #move(ids: readonly string[], to: (row: PictureRow) => number | null | undefined): Promise<number> {
    return this.exclusively(async () => {
      const moved: { id: string; binnedAt: number | null }[] = [];
      try {
        for (const id of new Set(ids)) {
          const row = this.rows.get(id);
          const binnedAt = row === null ? undefined : to(row);
          if (row === null || binnedAt === undefined) continue;
          await this.#moveOne(row, this.fileOf({ ...row, binnedAt }));
          moved.push({ id, binnedAt });
        }
      } finally {
        this.#database.transaction(() => {
          for (const { id, binnedAt } of moved) this.rows.setBinned(id, binnedAt);
        });
        this.#onChanged(null);
      }
      return moved.length;
    });
  }

  async #moveOne(row: PictureRow, to: string): Promise<void> {
    const from = this.fileOf(row);
    if ((await fileIdentity(from)) === null) return; // a missing picture moves as a row
    if (await fileIdentity(to)) {
      throw new StudioError('storage', `There is another file at ${to} already; rename it, then try again.`, {
        file: to,
      });
    }
    try {
      await moveFile(from, to);
    } catch (cause) {
      throw new StudioError('storage', `${from} could not be moved to ${to}; check that both folders are yours.`, {
        file: from,
        cause,
      });
    }
  }

  async #makeThumbnail(id: string, out: string): Promise<string | null> {
    const path = await this.pictureFile(id);
    if (path === null) return null;
    await this.#worker.makeThumbnail({ path, out, side: thumbnailSide });
    return out;
  }

  #row(id: string): PictureRow {
    const row = this.rows.get(id);
    if (row === null) throw new StudioError('not-found', `The picture ${id} is not in the gallery any more.`);
    return row;
  }
}
