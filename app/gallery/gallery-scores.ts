import { join } from 'node:path';
import { z } from 'zod';
import { withoutAdapterTags } from '../contracts/adapter-tags.js';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine } from '../contracts/engine.js';
import { StudioError } from '../contracts/studio-error.js';
import type { EventOf, ReplyOf } from '../contracts/window.js';
import type { Worker } from '../contracts/worker.js';
import { FeatureStore } from '../evaluation/feature-store.js';
import { FileHashes } from '../evaluation/file-hashes.js';
import { hashSource } from '../evaluation/hashed-pictures.js';
import { captionsNetwork, type EvaluationNetwork } from '../evaluation/networks.js';
import { setVectors } from '../evaluation/set-vectors.js';
import { pictureCount } from '../evaluation/sources.js';
import { textVectors } from '../evaluation/text-vectors.js';
import { TimeLeft } from '../evaluation/time-left.js';
import { inWorkFolder } from '../evaluation/work-folder.js';
import type { Home } from '../storage/home.js';
import type { Memory } from '../storage/memory.js';
import type { Gallery } from './gallery.js';

export interface GalleryScoresParts {
  readonly engine: Engine;
  readonly worker: Worker;
  readonly gallery: Gallery;
  readonly memory: Memory;
  readonly home: Home;
  readonly embeddedModels: string;
  /** Where the model of a library id, a name or a path lies. */
  readonly modelPath: (wish: string) => Promise<string>;
  readonly device: () => DeviceWish;
  readonly onProgress: (progress: EventOf<'gallery.score-progress'>) => void;
}

/** Pictures whose scores are stored and shown together. */
const picturesAtOnce = 64;

/** The wish for a CLIP that Evaluate scored captions with last; null: the embedded one. */
const lastClip = z.object({ clip: z.string().nullable() });
const lastClipKey = 'CLIP that scored captions last';
const scoredByKey = 'network of the CLIP scores in the gallery';

export function rememberClip(memory: Memory, clip: string | null): void {
  memory.keep(lastClipKey, { clip });
}

/** sha256 of the network whose scores the gallery shows; null before the first. */
export function scoredBy(memory: Memory): string | null {
  return memory.recall(scoredByKey, z.string());
}

interface Wanted {
  readonly id: string;
  readonly path: string;
  readonly prompt: string;
}

/** The CLIP scores of the gallery's own pictures against the prompts that made them: 100 x cosine. */
export class GalleryScores {
  readonly #parts: GalleryScoresParts;
  #running: AbortController | null = null;

  constructor(parts: GalleryScoresParts) {
    this.#parts = parts;
  }

  /** Those that this network scored already keep their scores. Stopping keeps what was scored until then. */
  async score(ids: readonly string[]): Promise<ReplyOf<'gallery.score'>> {
    this.stop();
    const stopping = new AbortController();
    this.#running = stopping;
    try {
      return await this.#score(ids, stopping.signal);
    } finally {
      if (this.#running === stopping) this.#running = null;
    }
  }

  stop(): void {
    this.#running?.abort();
  }

  async #score(ids: readonly string[], signal: AbortSignal): Promise<ReplyOf<'gallery.score'>> {
    const { memory, gallery, worker } = this.#parts;
    const { clip } = memory.recall(lastClipKey, lastClip) ?? { clip: null };
    const hashes = new FileHashes(worker, memory);
    const network = await captionsNetwork(
      { ...this.#parts, hashes },
      { inception: null, clip, mode: 'pytorch-fid' },
      signal,
    );
    const { sha256, comparable } = network.used;
    if (sha256 !== scoredBy(memory)) {
      memory.keep(scoredByKey, sha256);
      gallery.changed(); // scores of another network are not shown beside this one's
    }
    const { wanted, unprompted, gone } = await this.#wanted(ids, sha256);
    const notices = [
      ...(comparable ? [] : ['Scored by the embedded CLIP: these scores are not comparable with published ones.']),
      ...(unprompted === 0 ? [] : [`${pictureCount(unprompted)} ${unprompted === 1 ? 'has' : 'have'} no prompt.`]),
      ...(gone === 0 ? [] : [`${pictureCount(gone)} ${gone === 1 ? 'is' : 'are'} gone from the disk.`]),
    ];
    const scored = await this.#scoreAll(wanted, network, signal, notices);
    return { scored, notices };
  }

  async #scoreAll(
    wanted: readonly Wanted[],
    network: EvaluationNetwork,
    signal: AbortSignal,
    notices: string[],
  ): Promise<number> {
    const { gallery, onProgress, home } = this.#parts;
    const time = new TimeLeft({});
    time.plan('scores', 'scores', wanted.length);
    const tell = (done: number) => {
      time.tell('scores', wanted.length === 0 ? 1 : done / wanted.length, performance.now() / 1000);
      onProgress({ done, of: wanted.length, secondsLeft: time.seconds() });
    };
    tell(0);
    let scored = 0;
    try {
      for (let from = 0; from < wanted.length; from += picturesAtOnce) {
        const batch = wanted.slice(from, from + picturesAtOnce);
        const { scores, unread } = await inWorkFolder(home, (folder) =>
          this.#batch(batch, network, folder, signal, (done) => tell(from + done)),
        );
        for (const { id, score } of scores) gallery.rows.setScore(id, network.used.sha256, score);
        notices.push(...unread);
        scored += scores.length;
        gallery.changed();
        tell(from + batch.length);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      notices.push(`Stopped after ${pictureCount(scored)}; those that are scored keep their scores.`);
    } finally {
      onProgress({ done: wanted.length, of: wanted.length, secondsLeft: 0 });
    }
    return scored;
  }

  async #batch(
    batch: readonly Wanted[],
    network: EvaluationNetwork,
    folder: string,
    signal: AbortSignal,
    onProgress: (done: number) => void,
  ): Promise<{ scores: { id: string; score: number }[]; unread: string[] }> {
    const { engine, worker, home, device } = this.#parts;
    const pictures = batch.map(({ id, path }) => ({ path, name: id }));
    const listed = { label: 'the gallery', pictures, skipped: [], below: 0, notices: [] };
    const source = await hashSource(worker, listed, { onProgress: () => undefined, signal });
    const store = new FeatureStore({ engine, worker, folder: home.features });
    const set = await setVectors({
      ...{ store, network, device: device(), source, pictures: source.hashed, signal },
      out: join(folder, 'pictures.f32'),
      onProgress,
    }).catch((error: unknown) => {
      if (error instanceof StudioError && error.kind === 'bad-file') return error;
      throw error;
    });
    if (set instanceof StudioError) return { scores: [], unread: [set.message] };
    const texts = set.rows.map(({ index }) => batch[index]?.prompt ?? '');
    const { matrix } = await textVectors({
      ...{ engine, network: network.network, device: device(), texts, prefix: '', signal },
      out: join(folder, 'texts.f32'),
      onProgress: () => undefined,
    });
    const captions = texts.map((_, index) => index);
    const { scores } = await engine.measureCaptions(
      { pictures: set.matrix, texts: matrix, prefixed: null, captions, against: null, metrics: ['clip'] },
      signal,
    );
    return {
      scores: set.rows.flatMap(({ name: id }, row) => {
        const score = scores[row];
        return score === undefined ? [] : [{ id, score }];
      }),
      unread: set.skipped.map(({ reason }) => `A picture could not be scored: it ${reason}.`),
    };
  }

  async #wanted(
    ids: readonly string[],
    network: string,
  ): Promise<{ wanted: Wanted[]; unprompted: number; gone: number }> {
    const { gallery } = this.#parts;
    const wanted: Wanted[] = [];
    let unprompted = 0;
    let gone = 0;
    for (const id of new Set(ids)) {
      if (gallery.rows.get(id) === null || gallery.rows.score(id, network) !== null) continue;
      const prompt = withoutAdapterTags(gallery.rows.receipt(id)?.settings.prompt ?? '').trim();
      const path = prompt === '' ? null : await gallery.pictureFile(id);
      if (prompt === '') unprompted += 1;
      else if (path === null) gone += 1;
      else wanted.push({ id, path, prompt });
    }
    return { wanted, unprompted, gone };
  }
}
