import type { ListedPicture } from '../contracts/features.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';

/** What the pictures of a set are, by some of them spread over all. */
export interface PictureKinds {
  readonly label: string;
  /** How many were looked at; those that cannot be read are not among them. */
  readonly looked: number;
  /** Share with a format that loses detail (JPEG), 0 to 1. */
  readonly jpeg: number;
  /** Median of the shorter sides, pixels. */
  readonly side: number;
  /** Pictures by size, `64 × 64`, the most frequent first. */
  readonly sizes: readonly { readonly size: string; readonly count: number }[];
  /** Those whose longer side is more than a twentieth longer than the other. */
  readonly notSquare: number;
}

/** Enough to see a mix of one in fifty. */
const mostLookedAt = 200;
const filesAtOnce = 8;

/** Reads the headers of at most 200 pictures; null for an empty set. */
export async function lookAtKinds(
  worker: Pick<Worker, 'readPicture'>,
  label: string,
  pictures: readonly ListedPicture[],
  signal: AbortSignal,
): Promise<PictureKinds | null> {
  const step = Math.max(1, pictures.length / mostLookedAt);
  const paths: string[] = [];
  for (let at = 0; at < pictures.length; at += step) paths.push(pictures[Math.floor(at)]?.path ?? '');
  const seen: { width: number; height: number; format: string }[] = [];
  for (let from = 0; from < paths.length; from += filesAtOnce) {
    if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
    const batch = paths.slice(from, from + filesAtOnce);
    const read = await Promise.all(batch.map((path) => worker.readPicture({ path }).catch(() => null)));
    seen.push(...read.filter((each) => each !== null));
  }
  if (seen.length === 0) return null;
  const sides = seen.map(({ width, height }) => Math.min(width, height)).sort((a, b) => a - b);
  const sizes = new Map<string, number>();
  for (const { width, height } of seen) {
    const size = `${width.toLocaleString('en')} × ${height.toLocaleString('en')}`;
    sizes.set(size, (sizes.get(size) ?? 0) + 1);
  }
  return {
    label,
    looked: seen.length,
    jpeg: seen.filter(({ format }) => format === 'jpeg' || format === 'jpg').length / seen.length,
    side: sides[Math.floor(sides.length / 2)] ?? 1,
    sizes: [...sizes].map(([size, count]) => ({ size, count })).sort((a, b) => b.count - a.count),
    notSquare: seen.filter(({ width, height }) => Math.max(width, height) > 1.05 * Math.min(width, height)).length,
  };
}

/** What of it moves the numbers, one sentence each. `squashes`: the network sees a square of the whole picture. */
export function warningsOfKinds(
  generated: PictureKinds | null,
  reference: PictureKinds | null,
  squashes: boolean,
): string[] {
  const warnings: string[] = [];
  if (generated !== null && reference !== null) {
    if (Math.abs(generated.jpeg - reference.jpeg) > 0.1) {
      warnings.push(
        `${formats(generated)} and ${formats(reference)}: JPEG’s losses alone move every metric on sets, so save both sets in one format.`,
      );
    }
    const [small, large] = generated.side < reference.side ? [generated, reference] : [reference, generated];
    if (large.side > 1.1 * small.side) {
      warnings.push(
        `The pictures of “${generated.label}” are mostly ${mostlySized(generated)}, those of “${reference.label}” ${mostlySized(reference)}: how sharp they are after resizing alone moves the metrics on sets.`,
      );
    }
  }
  if (squashes) {
    for (const kinds of [generated, reference]) {
      if (kinds === null || kinds.notSquare === 0) continue;
      const share = kinds.notSquare === kinds.looked ? 'The' : `${percent(kinds.notSquare / kinds.looked)} of the`;
      warnings.push(
        `${share} pictures of “${kinds.label}” are not square: the network sees them squashed to a square, as the papers’ tools do it.`,
      );
    }
  }
  return warnings;
}

const mostlySized = ({ sizes }: PictureKinds): string => sizes[0]?.size ?? '';

function formats({ label, jpeg }: PictureKinds): string {
  if (jpeg === 0) return `“${label}” has no JPEG`;
  return jpeg === 1 ? `“${label}” is all JPEG` : `“${label}” is ${percent(jpeg)} JPEG`;
}

const percent = (share: number): string => `${Math.max(1, Math.round(100 * share))} %`;
