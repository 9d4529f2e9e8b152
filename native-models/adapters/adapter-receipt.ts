/** What an adapter is and does, read out of its file: everything that can be said before it runs. */
import { ModelError } from '../errors.js';
import { findNonFinite } from '../weight-formats/non-finite.js';
import type { AdapterFile, AdapterMatch, AdapterModule } from './adapter.js';
import { squaredDeltaNorm } from './delta-norm.js';
import { readLowRankPairs } from './low-rank-pairs.js';
import { inOrderOfParts, partOf } from './network-part.js';
import { triggerWords, type TriggerWord } from './trigger-words.js';

type Range = [least: number, most: number];

export interface AdapterReceipt {
  /** Absolute path. */
  readonly file: string;
  readonly dialect: string;
  readonly algorithm: string;
  readonly base: string;
  readonly rank: Range;
  /** Null when no layer has one. */
  readonly alpha: Range | null;
  readonly scale: Range;
  /** Null without a model. */
  readonly matched: number | null;
  readonly unmatched: { key: string; reason: string }[];
  readonly total: number;
  /** Null without a model. */
  readonly fits: boolean | null;
  /** Keys of tensors that hold a NaN or an infinity. */
  readonly nonFinite: string[];
  readonly triggerWords: TriggerWord[];
  readonly blocks: {
    name: string;
    /** Without a model: layers that can be used. */
    matched: number;
    total: number;
    /** Frobenius norm of scale · up · down over the layers that can be used; null where it is no number. */
    norm: number | null;
  }[];
}

/** Reads all of the file twice: for numbers that are none, and for the norms. */
export async function adapterReceipt(
  adapter: AdapterFile,
  match: AdapterMatch | null,
  signal?: AbortSignal,
): Promise<AdapterReceipt> {
  const { file, dialect, algorithm, base, modules } = adapter;
  return {
    file: file.file,
    dialect: dialect.id,
    algorithm,
    base,
    ...adapterNumbers(adapter),
    matched: match?.matched.length ?? null,
    unmatched: [...(match?.unmatched ?? adapter.leftOver)],
    total: adapter.layers,
    fits: match?.fits ?? null,
    nonFinite: await findNonFinite(file),
    triggerWords: triggerWords(file.metadata),
    blocks: await blocksOf(adapter, match?.matched.map(({ module }) => module) ?? modules, signal),
  };
}

/** Ranks, alphas and scales of all its layers. */
export function adapterNumbers({ modules }: AdapterFile): { rank: Range; alpha: Range | null; scale: Range } {
  const alphas = modules.map(({ alpha }) => alpha).filter((alpha) => alpha !== null);
  return {
    rank: range(modules.map(({ rank }) => rank)),
    alpha: alphas.length === 0 ? null : range(alphas),
    scale: range(modules.map(({ scale }) => scale)),
  };
}

const range = (numbers: readonly number[]): Range => [
  numbers.reduce((least, number) => Math.min(least, number)),
  numbers.reduce((most, number) => Math.max(most, number)),
];

/** Few enough at a time that a file of any size needs little memory, stops soon, and lets other work in between. */
const LAYERS_AT_ONCE = 4;

async function blocksOf(
  adapter: AdapterFile,
  matched: readonly AdapterModule[],
  signal: AbortSignal | undefined,
): Promise<AdapterReceipt['blocks']> {
  const { modules, leftOver, components } = adapter;
  const blocks = new Map<string, { matched: number; total: number; squared: number }>();
  const block = (key: string): { matched: number; total: number; squared: number } => {
    const name = partOf(key, components.get(key) ?? null);
    const found = blocks.get(name) ?? { matched: 0, total: 0, squared: 0 };
    blocks.set(name, found);
    return found;
  };
  for (let start = 0; start < modules.length; start += LAYERS_AT_ONCE) {
    if (signal?.aborted) throw new ModelError('cancelled', 'Stopped.');
    const some = modules.slice(start, start + LAYERS_AT_ONCE);
    const pairs = await readLowRankPairs(adapter, some);
    for (const [index, pair] of pairs.entries()) {
      const own = block((some[index] as AdapterModule).key);
      own.total++;
      own.squared += squaredDeltaNorm(pair);
    }
  }
  for (const { key } of matched) block(key).matched++;
  for (const { key } of leftOver) if (components.has(key)) block(key).total++;
  return [...blocks]
    .toSorted(([a], [b]) => inOrderOfParts(a, b))
    .map(([name, { squared, ...counts }]) => {
      const norm = Math.sqrt(squared);
      return { name, ...counts, norm: Number.isFinite(norm) ? norm : null };
    });
}
