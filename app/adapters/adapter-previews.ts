import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from '../contracts/worker.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { AdapterRow } from './adapter-rows.js';
import { breathe } from './breathe.js';

/** Longer side of a preview in pixels: a card at double density. */
const previewSide = 512;

/** Files that are decoded at the same time: a wall of cards asks for all of its pictures at once. */
const mostAtOnce = 4;

interface PreviewParts {
  /** Of this class alone. */
  readonly folder: string;
  readonly worker: Worker;
}

/**
 * What the picture of a card is made from: the file beside it, the thumbnail in its metadata, or else the first picture
 * made with it. The version changes when any of them does; null while there is none.
 */
export function previewVersion({ identity, description, firstPicture }: AdapterRow): string | null {
  if (description.preview === null && firstPicture === null) return null;
  const from = JSON.stringify([identity, description.preview, firstPicture]);
  return createHash('sha256').update(from).digest('hex').slice(0, 12);
}

/**
 * WebP pictures of adapters, made in the worker when they are first asked for. A file's name is made of an id of ours
 * and a version, never of what the adapter is called.
 */
export class AdapterPreviews {
  readonly #parts: PreviewParts;
  readonly #making = new Map<string, Promise<string | null>>();
  /** Files that could not be made in this run. */
  readonly #failed = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  #atWork = 0;

  constructor(parts: PreviewParts) {
    this.#parts = parts;
  }

  /** Absolute path of the picture; null when there is none, or none that can be read. */
  async file(row: AdapterRow): Promise<string | null> {
    const version = previewVersion(row);
    if (version === null) return null;
    const out = join(this.#parts.folder, `${row.id}.${version}.webp`);
    if (this.#failed.has(out)) return null;
    if (await fileIdentity(out)) return out;
    const making = this.#making.get(out) ?? this.#make(row, out).finally(() => this.#making.delete(out));
    this.#making.set(out, making);
    return making;
  }

  /** Delete the pictures of earlier versions, and of adapters that are not on the shelf any more. */
  async sweep(versionOf: (id: string) => string | null): Promise<void> {
    for (const [index, name] of (await readdir(this.#parts.folder).catch(() => [])).entries()) {
      if (index % 100 === 99) await breathe();
      const [id = '', version] = name.split('.');
      if (version === versionOf(id)) continue;
      await rm(join(this.#parts.folder, name), { force: true }).catch(() => undefined);
    }
  }

  async #make(row: AdapterRow, out: string): Promise<string | null> {
    if (this.#atWork >= mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#atWork += 1;
    try {
      await mkdir(this.#parts.folder, { recursive: true });
      for (const source of sources(row, this.#parts.worker)) {
        try {
          await source(out);
          return out;
        } catch {
          // A broken picture must not hide the next one.
        }
      }
      this.#failed.add(out);
      return null;
    } finally {
      this.#atWork -= 1;
      this.#waiting.shift()?.();
    }
  }
}

function sources({ path, description, firstPicture }: AdapterRow, worker: Worker): ((out: string) => Promise<void>)[] {
  const side = previewSide;
  const found: ((out: string) => Promise<void>)[] = [];
  const { preview } = description;
  if (preview?.from === 'file') found.push((out) => worker.makeThumbnail({ path: preview.path, out, side }));
  if (preview?.from === 'metadata') found.push((out) => worker.makeAdapterPreview({ path, out, side }));
  if (firstPicture !== null) found.push((out) => worker.makeThumbnail({ path: firstPicture, out, side }));
  return found;
}
