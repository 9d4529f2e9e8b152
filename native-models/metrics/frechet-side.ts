/** One side of a Frechet distance, and the way to compute it that suits the sizes at hand. */
import type { FeatureSet } from './feature-set.js';
import {
  centred,
  frechetOfMoments,
  frechetOfRows,
  frechetOfRowsAndMoments,
  type CentredRows,
} from './frechet-distance.js';
import type { Reference, Work } from './metric.js';
import { momentsOf, type Moments } from './moments.js';

/** Up to so many pictures, eigenvalues of pictures x pictures cost less than those of dimensions x dimensions. */
const FEW_ROWS = 1500;
/** Up to so many, all rows are held in memory: 64 MB at 2048 features. */
const MOST_ROWS = 4096;

/** What is made of a set is kept: several distances have a side in common. */
export class FrechetSide {
  readonly #set: FeatureSet | null;
  readonly #tools: Pick<Work, 'products' | 'pace'>;
  #moments: Promise<Moments> | null;
  #rows: Promise<CentredRows> | null = null;

  constructor(source: FeatureSet | Reference, tools: Pick<Work, 'products' | 'pace'>) {
    const reference: Reference = 'kind' in source ? source : { kind: 'features', set: source };
    this.#set = reference.kind === 'features' ? reference.set : null;
    this.#moments = reference.kind === 'statistics' ? Promise.resolve(reference.moments) : null;
    this.#tools = tools;
  }

  /** Pictures at hand; null where only statistics are. */
  get count(): number | null {
    return this.#set?.rows ?? null;
  }

  moments(): Promise<Moments> {
    this.#moments ??= momentsOf(this.#set!, this.#tools.products, this.#tools.pace);
    return this.#moments;
  }

  rows(): Promise<CentredRows> {
    const set = this.#set!;
    this.#rows ??= set.block(0, set.rows).then((block) => centred(block, set.columns));
    return this.#rows;
  }

  async distanceTo(other: FrechetSide, dimensions: number): Promise<number> {
    const { products, pace } = this.#tools;
    const [few, many] = (this.count ?? Infinity) <= (other.count ?? Infinity) ? [this, other] : [other, this];
    const fewest = few.count ?? Infinity;
    if (fewest > Math.min(FEW_ROWS, dimensions)) {
      return frechetOfMoments(await this.moments(), await other.moments(), products, pace);
    }
    if (many.count !== null && many.count <= MOST_ROWS) {
      return frechetOfRows(await few.rows(), await many.rows(), products, pace);
    }
    return frechetOfRowsAndMoments(await few.rows(), await many.moments(), products, pace);
  }
}
