import type { Desktop } from '../contracts/desktop.js';
import { StudioError } from '../contracts/studio-error.js';
import type { EventOf, ReplyOf, RequestOf } from '../contracts/window.js';
import type { Worker } from '../contracts/worker.js';
import type { Library } from '../library/library.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { AdapterSource } from './adapter-shelf-port.js';
import { askedAdapters, checkAdapters, type CheckedAdapter } from './picture-adapters.js';

export interface AdapterBakingParts {
  readonly worker: Worker;
  readonly library: Pick<Library, 'ready'>;
  readonly adapters: AdapterSource;
  readonly desktop: Pick<Desktop, 'chooseSave'>;
  readonly onProgress: (progress: EventOf<'adapters.bake-progress'>) => void;
}

export type BakeOrder = RequestOf<'adapters.bake'>;

/**
 * A model's weights with adapters merged into them, as files. One file holds one network, whole and in the model's own
 * number format, so that it can take the place of the model's own file: the UNet where the person says, and a text
 * encoder that the adapters touch beside it.
 */
export class AdapterBaking {
  readonly #parts: AdapterBakingParts;
  #running: AbortController | null = null;

  constructor(parts: AdapterBakingParts) {
    this.#parts = parts;
  }

  /** Null when the person closes the dialog. Rejects with kind `cancelled` when it is stopped. */
  async bake({ model: modelId, adapters: rows }: BakeOrder): Promise<ReplyOf<'adapters.bake'>> {
    if (this.#running !== null) {
      throw new StudioError('bad-input', 'A file is being baked already: wait for it, or stop it first.');
    }
    const stopping = new AbortController();
    this.#running = stopping;
    try {
      return await this.#bake(modelId, rows, stopping.signal);
    } finally {
      this.#running = null;
    }
  }

  stop(): void {
    this.#running?.abort();
  }

  async #bake(modelId: string, rows: BakeOrder['adapters'], signal: AbortSignal): Promise<ReplyOf<'adapters.bake'>> {
    const { library, adapters: source, desktop, worker } = this.#parts;
    const model = await library.ready(modelId);
    const asked = await askedAdapters({ adapters: rows, prompt: '' }, source);
    const { files, used } = await checkAdapters(asked, { prompt: '', negative: '' }, model, source);
    const components = touchedComponents(used);
    if (components.length === 0) {
      throw new StudioError('bad-input', 'At these strengths nothing would change: there is nothing to bake.');
    }
    const names = [...new Set(used.map(({ adapter }) => adapter.name))];
    const chosen = await desktop.chooseSave('Bake to a file', fileName([model.name, ...names].join(' + ')));
    if (chosen === null) return null;

    const outs = await this.#outs(chosen, components);
    const began = performance.now();
    let tensors = 0;
    let bytes = 0;
    const dtypes: string[] = [];
    for (const [k, { component, out }] of outs.entries()) {
      const request = { modelPath: model.path, component, adapters: [...files], out };
      const baked = await worker.bakeAdapters(
        // Of the first file the dialog asked whether it may be replaced.
        { ...request, overwrite: k === 0, dtype: 'base', full: true },
        (part) => this.#tell((k + part) / outs.length, began),
        signal,
      );
      tensors += baked.tensors;
      bytes += baked.bytes;
      dtypes.push(baked.dtype);
    }
    const [first, ...alsoWritten] = outs.map(({ out }) => out);
    const dtype = [...new Set(dtypes)].join(', ');
    return { path: first ?? chosen, alsoWritten, components, dtype, tensors, bytes };
  }

  /** `NAME.safetensors`, and `NAME.text_encoder.safetensors` beside it. Refuses what would replace a file unasked. */
  async #outs(chosen: string, components: readonly string[]): Promise<{ component: string; out: string }[]> {
    const stem = chosen.replace(/\.safetensors$/i, '');
    const outs = components.map((component, k) => ({
      component,
      out: k === 0 ? `${stem}.safetensors` : `${stem}.${component}.safetensors`,
    }));
    for (const { out } of outs) {
      if (out === chosen || (await fileIdentity(out)) === null) continue;
      throw new StudioError('bad-input', `${out} is there already: choose another name, or move that file away.`, {
        file: out,
      });
    }
    return outs;
  }

  #tell(part: number, began: number): void {
    const seconds = (performance.now() - began) / 1000;
    // The first tensors are the small ones: what they take tells nothing of the rest.
    const secondsLeft = part < 0.05 ? null : (seconds * (1 - part)) / part;
    this.#parts.onProgress({ part, secondsLeft });
  }
}

/** The UNet first. A receipt calls its blocks by what they belong to. */
function touchedComponents(used: readonly CheckedAdapter[]): string[] {
  const touched = new Set<string>();
  for (const { weight, textWeight, receipt } of used) {
    for (const { name, matched } of receipt.blocks) {
      const component = textEncoders[name] ?? 'unet';
      if (matched > 0 && (component === 'unet' ? weight : textWeight) !== 0) touched.add(component);
    }
  }
  return ['unet', 'text_encoder', 'text_encoder_2'].filter((component) => touched.has(component));
}

const textEncoders: Readonly<Record<string, string>> = {
  'Text encoder': 'text_encoder',
  'Text encoder 2': 'text_encoder_2',
};

/** What every file system takes; long lists of adapters are cut. */
function fileName(words: string): string {
  const safe = words
    .replace(/[\p{Cc}<>:"/\\|?*]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return `${safe.slice(0, 100).trim() || 'baked'}.safetensors`;
}
