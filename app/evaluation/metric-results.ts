import type { MetricResult, UsedNetwork } from '../contracts/evaluation.js';
import type { PictureMode } from '../contracts/features.js';
import type { Measured, MeasuredDifference, MetricFacts } from '../contracts/measures.js';
import { holm } from './holm.js';
import { protocolLine } from './protocol.js';

/** What the engine measured, by the metrics' own ids. */
export interface MeasuredAll {
  readonly metrics: Readonly<Record<string, Measured>>;
  /** The same of the other run; empty where there is none. */
  readonly against: Readonly<Record<string, Measured>>;
  readonly differences: Readonly<Record<string, MeasuredDifference>>;
}

export interface ResultContext {
  readonly facts: readonly MetricFacts[];
  readonly mode: PictureMode;
  readonly features: UsedNetwork | null;
  readonly captions: UsedNetwork | null;
  /** Tells the reference from others: the first digits of a sha256. */
  readonly referenceHash: string | null;
  /** The studio's own: `0.1.0`. */
  readonly version: string;
}

/** In the order in which they are to be shown: what carries at this size first, then by how many pictures each needs. */
export function metricResults(measured: MeasuredAll, context: ResultContext): MetricResult[] {
  const clear = holm(measured.differences);
  const results = context.facts.flatMap((facts) => {
    const value = measured.metrics[facts.id];
    return value === undefined ? [] : [resultOf(facts, value, measured, clear, context)];
  });
  const rank = ({ value, belowFloor }: MetricResult) => (value === null ? 2 : belowFloor ? 1 : 0);
  // Below their floors, the one that is nearest to its floor says most: KID before FID.
  return results.sort((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? a.floor - b.floor : 0));
}

function resultOf(
  facts: MetricFacts,
  value: Measured,
  { against, differences }: MeasuredAll,
  clear: ReadonlySet<string>,
  context: ResultContext,
): MetricResult {
  const network = facts.needs === 'sets' ? context.features : context.captions;
  const comparable = network?.comparable ?? false;
  const { id, label, hint } = comparable ? facts : onTheEmbedded(facts);
  const other = against[facts.id]?.value ?? null;
  const difference = differences[facts.id];
  return {
    ...value,
    ...{ id, label, hint, metric: facts.id, better: facts.better, shownTimes: facts.shownTimes, floor: facts.floor },
    belowFloor: Math.min(value.n[0], value.n[1] ?? Number.POSITIVE_INFINITY) < facts.floor,
    comparable,
    protocol: protocolLine(id, facts, value, network, context),
    against:
      other === null
        ? null
        : {
            value: other,
            difference: difference === undefined ? null : { ...difference, clear: clear.has(facts.id) },
          },
  };
}

/** Numbers of the embedded network that carry a name of the papers would be taken for theirs. */
function onTheEmbedded({ id, label, hint }: MetricFacts): Pick<MetricResult, 'id' | 'label' | 'hint'> {
  if (id.startsWith('fid'))
    return { id: id.replace('fid', 'fd') + '_embedded', label: label.replace('FID', 'FD'), hint };
  return id.startsWith('clip') ? { id: `${id}_embedded`, label, hint } : { id, label, hint };
}
