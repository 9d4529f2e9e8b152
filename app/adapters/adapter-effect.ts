import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adapterEffect, type AdapterEffect } from '../contracts/adapters.js';
import type { Capabilities, DeviceWish } from '../contracts/capabilities.js';
import type { Engine, GeneratedPicture } from '../contracts/engine.js';
import type { Model } from '../contracts/models.js';
import { StudioError } from '../contracts/studio-error.js';
import type { EventOf, RequestOf } from '../contracts/window.js';
import { withoutAdapterTags } from '../contracts/adapter-tags.js';
import type { Worker } from '../contracts/worker.js';
import { makePicture, savePicture } from '../generation/make-picture.js';
import { normaliseSettings } from '../generation/settings.js';
import { StepClock } from '../generation/step-times.js';
import type { Library } from '../library/library.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import type { Memory } from '../storage/memory.js';
import type { AdapterSource, ShelfAdapter } from './adapter-shelf-port.js';
import { askedAdapters, checkAdapters, type AskedAdapter } from './picture-adapters.js';

export interface AdapterEffectsParts {
  readonly memory: Memory;
  readonly home: Home;
  readonly engine: Engine;
  readonly worker: Worker;
  readonly library: Pick<Library, 'ready'>;
  readonly adapters: AdapterSource;
  readonly capabilities: () => Promise<Capabilities>;
  /** The device that the person wants now. */
  readonly device: () => DeviceWish;
  /** Folder with the models that ship with the studio: the CLIP of `pictures` compares. */
  readonly embeddedModels: string;
  /** The studio's own version, for the receipts in the two pictures. */
  readonly version: string;
  readonly onProgress: (progress: EventOf<'adapters.effect-progress'>) => void;
}

export type EffectRequest = RequestOf<'adapters.compare'>;

/**
 * What does it do? The same settings and the same seed without an adapter and with it, whatever else is on the picture
 * staying on. The engine makes one picture at a time, so both come between the queue's pictures.
 */
export class AdapterEffects {
  readonly #parts: AdapterEffectsParts;
  #running: AbortController | null = null;

  constructor(parts: AdapterEffectsParts) {
    this.#parts = parts;
  }

  /** A comparison that is under way is stopped for the new one. Rejects with kind `cancelled` when it is stopped. */
  async compare(request: EffectRequest): Promise<AdapterEffect> {
    this.stop();
    const stopping = new AbortController();
    this.#running = stopping;
    try {
      return await unlessStopped(this.#compare(request, stopping.signal), stopping.signal);
    } finally {
      if (this.#running === stopping) this.#running = null;
    }
  }

  /** The running comparison rejects at once; the engine stops between two steps. */
  stop(): void {
    this.#running?.abort();
  }

  /** The last answer, also of an earlier start; null when it was never asked or its pictures are gone. */
  async last(adapter: string, model: string): Promise<AdapterEffect | null> {
    const effect = this.#parts.memory.recall(memoryKey(adapter, model), adapterEffect);
    if (effect === null) return null;
    const files = await Promise.all([this.file(effect.id, 'without'), this.file(effect.id, 'with')]);
    return files.includes(null) ? null : effect;
  }

  /** Absolute path of one of the two pictures; null for one that is not there. */
  async file(id: string, which: string): Promise<string | null> {
    // What comes from an address becomes a path only in the form that we gave it.
    if (!/^[0-9a-f]{16}-[0-9a-z]+$/.test(id) || (which !== 'without' && which !== 'with')) return null;
    const path = this.#path(id, which);
    return (await fileIdentity(path)) === null ? null : path;
  }

  #path(id: string, which: 'without' | 'with'): string {
    return join(this.#parts.home.effects, `${id}-${which}.png`);
  }

  async #compare(request: EffectRequest, signal: AbortSignal): Promise<AdapterEffect> {
    const { library, adapters: source, capabilities, memory } = this.#parts;
    const { weight, textWeight } = request;
    if (weight === 0 && textWeight === 0) {
      throw new StudioError(
        'bad-input',
        'At strength 0 an adapter does nothing: choose another strength to see what it does.',
      );
    }
    const { samplers, schedules, versions } = await capabilities();
    const model = await library.ready(request.settings.model);
    const { settings } = normaliseSettings(request.settings, model, { samplers, schedules });
    const adapter = await source.ready(request.id);
    const others = await this.#others(request, adapter);
    const prompt = await this.#prompt(settings.prompt, adapter, model);

    const clock = new StepClock();
    const make = async (asked: readonly AskedAdapter[], stepsBefore: number) => {
      const prompts = { prompt, negative: settings.negative };
      const rows = asked.flatMap(({ adapter: { id }, ...strengths }) => (id === null ? [] : [rowOf(id, strengths)]));
      return makePicture(
        this.#parts.engine,
        {
          model,
          settings: { ...settings, prompt, adapters: rows },
          adapters: await checkAdapters(asked, prompts, model, source),
          apply: 'auto',
          device: this.#parts.device(),
          latents: null,
          checkpointFile: null,
          previewCache: null,
          versions: { inkstone: this.#parts.version, onnxruntime: versions.onnxruntime },
        },
        ({ phase, step, steps }) => {
          if (signal.aborted) return;
          const done = stepsBefore + step;
          if (phase === 'denoising') clock.step(done, performance.now());
          const { secondsPerStep } = clock;
          const secondsLeft = secondsPerStep === null ? null : secondsPerStep * (2 * steps - done);
          this.#parts.onProgress({ id: request.id, part: done / (2 * steps), secondsLeft });
        },
        signal,
      );
    };
    // Refuse an adapter that does not fit before the picture without it is made.
    const withIt = [...others, { adapter, weight, textWeight, fromPrompt: false }];
    await checkAdapters(withIt, { prompt, negative: '' }, model, source);
    const first = await make(others, 0);
    const second = await make(withIt, settings.steps);

    const pixelDifference = meanDifference(first.generated, second.generated);
    const clipSimilarity = await this.#similarity(first.generated, second.generated);
    if (signal.aborted) throw stopped();
    const createdAt = Date.now();
    const owner = ownerOf(adapter.id ?? adapter.path, model.id);
    const id = `${owner}-${createdAt.toString(36)}`;
    await savePicture(this.#parts.worker, first, { ...place, path: this.#path(id, 'without') });
    await savePicture(this.#parts.worker, second, { ...place, path: this.#path(id, 'with') });
    const { width, height } = second.generated;
    const effect: AdapterEffect = {
      ...{ adapter: request.id, model: model.id, prompt, seed: settings.seed, weight, id, width, height },
      ...{ pixelDifference, clipSimilarity, verdict: verdictOf(pixelDifference), createdAt },
    };
    if (signal.aborted) throw stopped();
    memory.keep(memoryKey(effect.adapter, effect.model), effect);
    await this.#removeOlder(owner, id);
    return effect;
  }

  /** What else is on the picture. Of the adapter itself neither its row nor its tags count. */
  async #others({ id, settings }: EffectRequest, { path }: ShelfAdapter): Promise<AskedAdapter[]> {
    const adapters = (settings.adapters ?? []).filter((row) => row.adapter !== id);
    const asked = await askedAdapters({ adapters, prompt: settings.prompt }, this.#parts.adapters);
    return asked.filter(({ adapter }) => adapter.path !== path).map((each) => ({ ...each, fromPrompt: false }));
  }

  /** With no prompt at all an adapter has little to work on: what it was trained to answer to then stands in. */
  async #prompt(prompt: string, adapter: ShelfAdapter, model: Model): Promise<string> {
    const words = withoutAdapterTags(prompt).trim();
    if (words !== '') return words;
    const { triggerWords } = await this.#parts.adapters.receipt(adapter, model.path);
    return triggerWords[0]?.text ?? '';
  }

  /** Null where the CLIP cannot be asked: the pixels tell enough to answer. */
  async #similarity(first: GeneratedPicture, second: GeneratedPicture): Promise<number | null> {
    const pixelsOf = ({ rgb, width, height }: GeneratedPicture) => ({ rgb, width, height });
    try {
      return await this.#parts.engine.imageSimilarity({
        modelPath: join(this.#parts.embeddedModels, 'pictures'),
        device: this.#parts.device(),
        pictures: [pixelsOf(first), pixelsOf(second)],
      });
    } catch {
      return null;
    }
  }

  async #removeOlder(owner: string, id: string): Promise<void> {
    for (const name of await readdir(this.#parts.home.effects)) {
      if (!name.startsWith(`${owner}-`) || name.startsWith(`${id}-`)) continue;
      await rm(join(this.#parts.home.effects, name), { force: true });
    }
  }
}

const place = { overwrite: true, thumbnail: null, entry: null };

const rowOf = (adapter: string, { weight, textWeight }: Pick<AskedAdapter, 'weight' | 'textWeight'>) => ({
  adapter,
  weight,
  textWeight,
});

const memoryKey = (adapter: string, model: string): string => `effect of ${adapter} on ${model}`;

/** Begins the names of an adapter's pictures with a model: the last two are found by it. */
const ownerOf = (adapter: string, model: string): string =>
  createHash('sha256').update(`${adapter}\n${model}`).digest('hex').slice(0, 16);

const stopped = () => new StudioError('cancelled', 'Stopped.');

/** The engine may be busy with another picture and not hear of the stop before it is done. */
function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(stopped()), { once: true });
    work.then(resolve, reject);
  });
}

/** Mean absolute difference of two pictures of one size, in percent of the full range. */
function meanDifference({ rgb: a }: GeneratedPicture, { rgb: b }: GeneratedPicture): number {
  let sum = 0;
  for (const [k, value] of a.entries()) sum += Math.abs(value - (b[k] ?? 0));
  return (100 * sum) / (255 * a.length);
}

/**
 * Bounds in percent of mean pixel difference, measured with the embedded model at 64 x 64, same seeds. An adapter of
 * strength 0.0001 gave 0.0003 %: what rounding moves by one level here and there. Below one value in eight moved by
 * one level it is no effect. Guidance of 3 instead of 2.5, which nobody sees without a side-by-side, gave 0.9 to 1.2 %;
 * another drawing style of the same thing 6.4 to 7.5 %; another thing or another colour of it 28 to 30 %.
 */
function verdictOf(pixelDifference: number): AdapterEffect['verdict'] {
  if (pixelDifference < 0.05) return 'none';
  if (pixelDifference < 2) return 'faint';
  return pixelDifference < 15 ? 'clear' : 'strong';
}
