/**
 * The adapters that are on a model: each file is read and matched once and its pairs stay decoded, so that the next
 * picture finds them ready. A file that changed on disk is read anew; one that is gone is an error that names it, and
 * the others stay as they are.
 */
import type { AdaptableLayer } from '../onnx/graph.js';
import { ModelError } from '../errors.js';
import { fileIdentity, identityKey } from '../runtime/file-identity.js';
import { requireFinite } from '../weight-formats/non-finite.js';
import { halvesToFloats } from '../weight-formats/number-formats.js';
import type { AdaptableComponentName, AdaptableModel, AdapterMatch } from './adapter.js';
import { readCheckedPairs, type LowRankPair } from './low-rank-pairs.js';
import { indexLayers, matchAdapter, requireFit } from './match-adapter.js';
import { readAdapter } from './read-adapter.js';
import type { WeightedPair } from './stack-adapters.js';

/** A file as it is put on a picture. */
export interface AdapterUse {
  /** Absolute path. */
  readonly file: string;
  /** Strength on the UNet: 1 is what it was trained for, negative ones turn its effect round. */
  readonly weight: number;
  /** Strength on text encoders. */
  readonly textWeight: number;
}

/** Beside the model's own weights as branches, or merged into a copy of those that it touches. */
export type AppliedHow = 'live' | 'baked';

/** What was done with a file. */
export interface AppliedAdapter extends ReadyAdapter {
  readonly how: AppliedHow;
}

export interface ReadyAdapter {
  readonly file: string;
  /** Layers of the model that it changes, of those that it has. */
  readonly matched: number;
  readonly total: number;
  /** What readying it took, and once it is applied scaling and stacking (or merging) too; 0 when it was still there. */
  readonly seconds: number;
}

export interface ReadyAdapters {
  /** In the order of the uses. */
  readonly adapters: readonly ReadyAdapter[];
  /** Of files and strengths: equal keys make equal pictures. Empty without adapters. */
  readonly key: string;
  /** What they do to one network, strengths of 0 included. */
  weighted(component: AdaptableComponentName): readonly WeightedPair[];
}

export const NO_ADAPTERS: ReadyAdapters = { adapters: [], key: '', weighted: () => [] };

/** Decoded pairs of files that were taken off are kept up to this much memory: people try one after the other. */
const KEPT_BYTES = 512e6;

interface KnownAdapter {
  readonly key: string;
  readonly match: AdapterMatch;
  readonly pairs: readonly {
    readonly component: AdaptableComponentName;
    readonly layer: AdaptableLayer;
    readonly pair: LowRankPair;
  }[];
  /** Of the decoded pairs. */
  readonly bytes: number;
}

export class AdapterSet {
  readonly #model: AdaptableModel;
  readonly #keptBytes: number;
  /** By path; the one used last stands last. */
  readonly #known = new Map<string, KnownAdapter>();

  constructor(model: AdaptableModel, { keptBytes = KEPT_BYTES }: { readonly keptBytes?: number } = {}) {
    this.#model = model;
    this.#keptBytes = keptBytes;
  }

  /** Does ahead what the first file would wait for. */
  prepare(): void {
    indexLayers(this.#model);
    halvesToFloats(new Uint16Array(1)); // its table of all halves
  }

  /** Reads what is not there yet. Refuses files that are gone, damaged, or made for another model. */
  async ready(uses: readonly AdapterUse[]): Promise<ReadyAdapters> {
    const ready: { readonly use: AdapterUse; readonly known: KnownAdapter; readonly seconds: number }[] = [];
    for (const use of uses) {
      const began = performance.now();
      const before = this.#known.get(use.file);
      const known = await this.#latest(use.file);
      const seconds = known === before ? 0 : (performance.now() - began) / 1000;
      ready.push({ use, known, seconds });
    }
    this.#forget(new Set(uses.map(({ file }) => file)));
    return {
      adapters: ready.map(({ use, known, seconds }) => ({
        file: use.file,
        matched: known.match.matched.length,
        total: known.match.total,
        seconds,
      })),
      key: ready.map(({ use, known }) => `${known.key} ${use.weight} ${use.textWeight}`).join('\n'),
      weighted: (component) =>
        ready.flatMap(({ use, known }) =>
          known.pairs
            .filter((pair) => pair.component === component)
            .map(({ layer, pair }) => ({
              layer,
              pair,
              strength: component === 'unet' ? use.weight : use.textWeight,
            })),
        ),
    };
  }

  async #latest(file: string): Promise<KnownAdapter> {
    const key = identityKey(await identityOf(file));
    let known = this.#known.get(file);
    if (known?.key !== key) known = await this.#read(file);
    this.#known.delete(file);
    this.#known.set(file, known);
    return known;
  }

  async #read(file: string): Promise<KnownAdapter> {
    this.#known.delete(file);
    const adapter = await readAdapter(file);
    const match = matchAdapter(adapter, this.#model);
    requireFit(adapter, match, this.#model);
    const { pairs, finite } = await readCheckedPairs(
      adapter,
      match.matched.map(({ module }) => module),
    );
    // What was just decoded need not be read again; a file that has more is looked through as a whole.
    if (!finite || match.unmatched.length > 0) await requireFinite(adapter.file);
    const key = identityKey(adapter.file.identity);
    if (identityKey(await identityOf(file)) !== key) {
      const sentence = `${adapter.file.label} changed while it was read. Try again when it has been written to its end.`;
      throw new ModelError('file-changed', sentence, { file });
    }
    return {
      key,
      match,
      pairs: match.matched.map(({ component, layer }, index) => ({
        component,
        layer,
        pair: pairs[index] as LowRankPair,
      })),
      bytes: pairs.reduce((sum, { down, up }) => sum + down.byteLength + up.byteLength, 0),
    };
  }

  /** Oldest first, those that are on never. */
  #forget(inUse: ReadonlySet<string>): void {
    let bytes = [...this.#known.values()].reduce((sum, known) => sum + known.bytes, 0);
    for (const [file, known] of [...this.#known]) {
      if (bytes <= this.#keptBytes) return;
      if (inUse.has(file)) continue;
      this.#known.delete(file);
      bytes -= known.bytes;
    }
  }
}

async function identityOf(file: string) {
  return fileIdentity(file).catch((cause: unknown) => {
    if (!(cause instanceof ModelError)) throw cause;
    const sentence = `${cause.message} Put the file back, or take the adapter off the picture.`;
    throw new ModelError('missing-file', sentence, { file, cause });
  });
}
