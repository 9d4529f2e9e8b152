import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readStatisticsShape } from '../../native-models/weight-formats/npz/statistics.js';
import type { ReferenceSource, SourceLook } from '../contracts/evaluation.js';
import type { ListedPicture } from '../contracts/features.js';
import type { Worker } from '../contracts/worker.js';
import { StudioError } from '../contracts/studio-error.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import { captionOfPicture } from './captions.js';
import { SmallPictures } from './small-pictures.js';
import { listSource, pictureCount } from './sources.js';

export interface LookParts {
  readonly worker: Worker;
  readonly home: Home;
  readonly galleryPicture: (id: string) => Promise<ListedPicture | null>;
}

/** First pictures that a card shows. */
const mostShown = 4;
/** Longer side of one, pixels: a card at double density. */
const side = 160;
/** Cards of a panel, and some before them. */
const mostRemembered = 64;

/** What sources hold, before anything runs, with their first pictures. */
export class SourceLooks {
  readonly #parts: LookParts;
  readonly #small: SmallPictures;
  /** By token. */
  readonly #shown = new Map<string, readonly string[]>();

  constructor(parts: LookParts) {
    this.#parts = parts;
    this.#small = new SmallPictures(parts.worker, side);
  }

  /** Throws `missing-file` where there is nothing. */
  async look(source: ReferenceSource): Promise<SourceLook> {
    if (source.kind === 'statistics') return this.#statistics(source.path);
    const { label, pictures, skipped, below } = await listSource(this.#parts, source, 'pytorch-fid');
    const first = pictures.slice(0, mostShown);
    const captions = await Promise.all(first.map(({ path }) => captionOfPicture(this.#parts.worker, path)));
    return {
      ...{ label, count: pictures.length, dimensions: null, skipped: [...skipped] },
      carriesPrompts: captions.some((caption) => caption !== null),
      notices: below === 0 ? [] : [`${pictureCount(below)} more in folders below: only clean-fid looks there.`],
      ...this.#remember(first),
    };
  }

  /** A first picture of a look, small; null for one that is not there. */
  async file(token: string, index: number): Promise<string | null> {
    const path = this.#shown.get(token)?.[index];
    if (path === undefined) return null;
    return this.#small.file(path, join(this.#folder, `${token}-${index}.webp`));
  }

  /** Those of earlier starts are of no use: tokens do not outlive one. */
  async sweep(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true }).catch(() => undefined);
  }

  get #folder(): string {
    return join(this.#parts.home.evaluations, 'looks');
  }

  async #statistics(path: string): Promise<SourceLook> {
    if ((await fileIdentity(path)) === null) {
      throw new StudioError('missing-file', `There are no statistics at ${path}: choose a .npz file.`, { file: path });
    }
    const { dimensions, n } = await readStatisticsShape(path);
    return {
      ...{ label: basename(path), count: n, dimensions, skipped: [], carriesPrompts: false, notices: [] },
      ...this.#remember([]),
    };
  }

  #remember(pictures: readonly ListedPicture[]): Pick<SourceLook, 'token' | 'shown'> {
    const token = randomUUID();
    this.#shown.set(
      token,
      pictures.map(({ path }) => path),
    );
    for (const old of this.#shown.keys()) {
      if (this.#shown.size <= mostRemembered) break;
      this.#shown.delete(old);
    }
    return { token, shown: pictures.length };
  }
}
