import { join } from 'node:path';
import type { EvaluationResult } from '../contracts/evaluation.js';
import type { FeatureMap, Measured, MeasuredDifference } from '../contracts/measures.js';
import type { EvaluationWork } from './evaluate.js';
import type { Gathered } from './gather.js';
import { setHash, type HashedSource } from './hashed-pictures.js';
import { setVectors, type SetVectors } from './set-vectors.js';
import { byPlaces, nearestAndFarthest } from './shown-pictures.js';

/** What the metrics on sets gave, and of what. */
export interface MeasuredPictureSets {
  readonly generated: SetVectors;
  /** Null where the reference is statistics. */
  readonly reference: SetVectors | null;
  readonly other: SetVectors | null;
  readonly metrics: Readonly<Record<string, Measured>>;
  /** The other run's values. */
  readonly against: Readonly<Record<string, Measured>>;
  readonly differences: Readonly<Record<string, MeasuredDifference>>;
  readonly map: FeatureMap | null;
  readonly nearest: EvaluationResult['nearest'];
  readonly farthest: EvaluationResult['farthest'];
  /** Generated pictures, and the other run's, whose content the reference holds too. */
  readonly shared: number;
  readonly otherShared: number;
  /** Both sets hold the same pictures, each as often. */
  readonly identical: boolean;
  readonly notices: readonly string[];
  readonly computed: number;
  readonly device: string | null;
}

/** Null where no metric on sets is asked for. */
export async function measureSets(work: EvaluationWork, gathered: Gathered): Promise<MeasuredPictureSets | null> {
  const { parts, settings, progress, signal, intervals } = work;
  const { features, facts } = gathered;
  if (features === null) return null;
  const metrics = facts.filter(({ needs }) => needs === 'sets').map(({ id }) => id);
  const names = ['generated', 'reference', 'against'];
  const vectors = async (index: number, source: HashedSource): Promise<SetVectors> => {
    const of = source.hashed.length;
    const name = `vectors ${names[index]}`;
    return progress.during({ name, phase: 'features', what: `Features of “${source.label}”`, of }, (tell, load) =>
      setVectors({
        ...{ store: work.store, network: features, device: parts.device, source, pictures: source.hashed, signal },
        out: join(work.folder, `${names[index]}.f32`),
        ...{ onProgress: tell, onLoad: load },
      }),
    );
  };
  const generated = await vectors(0, gathered.generated);
  const reference = gathered.reference && (await vectors(1, gathered.reference));
  const other = gathered.against && (await vectors(2, gathered.against));

  // What depends on how many there are ranks nothing where the two are not as many.
  const compared = other !== null && other.matrix.rows === generated.matrix.rows ? other : null;
  const measured = await progress.during({ name: 'sets', phase: 'measures', what: 'Metrics', of: 1 }, (tell) =>
    parts.engine.measureSets(
      {
        generated: generated.matrix,
        reference:
          reference === null
            ? { kind: 'statistics', path: gathered.statistics?.path ?? '' }
            : { kind: 'features', matrix: reference.matrix },
        against: compared?.matrix ?? null,
        ...{ metrics, mode: settings.mode, seed: settings.seed, intervals, pictures: true },
      },
      ({ what, part }) => tell(part, what),
      signal,
    ),
  );
  const rows = { generated: generated.rows, reference: reference?.rows ?? [] };
  return {
    ...{ generated, reference, other },
    metrics: measured.metrics,
    differences: measured.differences,
    against: otherValues(measured.metrics, measured.differences),
    map: measured.map && byPlaces(measured.map, rows),
    ...nearestAndFarthest(measured.neighbours, rows),
    shared: sharedBetween(generated.rows, reference?.rows ?? []),
    otherShared: sharedBetween(other?.rows ?? [], reference?.rows ?? []),
    identical: reference !== null && setHash(generated.rows) === setHash(reference.rows),
    notices: measured.notices,
    computed: generated.computed + (reference?.computed ?? 0) + (other?.computed ?? 0),
    device: generated.device ?? reference?.device ?? other?.device ?? null,
  };
}

/** The other run's value is this one's less the difference. */
function otherValues(
  metrics: Readonly<Record<string, Measured>>,
  differences: Readonly<Record<string, MeasuredDifference>>,
): Record<string, Measured> {
  const others = Object.entries(differences).flatMap(([id, difference]) => {
    const own = metrics[id];
    if (own?.value == null) return [];
    return [[id, { ...own, value: own.value - difference.value, low: null, high: null, bias: null, details: {} }]];
  });
  return Object.fromEntries(others) as Record<string, Measured>;
}

function sharedBetween(generated: SetVectors['rows'], reference: SetVectors['rows']): number {
  const known = new Set(reference.map(({ sha256 }) => sha256));
  return generated.filter(({ sha256 }) => known.has(sha256)).length;
}
