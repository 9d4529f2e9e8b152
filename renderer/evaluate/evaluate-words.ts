import type {
  EvaluationProgress,
  EvaluationRun,
  ReferenceSource,
  UsedNetwork,
} from '../../app/contracts/evaluation.js';
import type { ErrorKind } from '../../app/contracts/errors.js';
import { count, duration, fixed, plural } from '../words/numbers.js';
import type { Look } from './evaluate-store.js';

/** How the panel speaks. */

export const fileName = (path: string): string => path.split(/[\\/]/).findLast((part) => part !== '') ?? path;

/** A source before main has told its name. */
export const sourceName = (source: ReferenceSource): string =>
  source.kind === 'gallery' ? 'Gallery' : fileName(source.path);

/** "1,000 pictures, 3 skipped". */
export function lookWords(look: Look | null): string {
  if (!look || look.state === 'looking') return 'Counting the pictures';
  if (look.state === 'problem') return look.error.message;
  const { count: pictures, dimensions, skipped } = look.look;
  if (pictures === null) return dimensions === null ? 'Statistics' : `Statistics of ${count(dimensions)} dimensions`;
  const rest = skipped.length > 0 ? `, ${count(skipped.length)} skipped` : '';
  return `${plural(pictures, 'picture')}${rest}`;
}

const unitOf: Record<EvaluationProgress['phase'], string | null> = {
  listing: null,
  features: 'pictures',
  captions: 'captions',
  measures: null,
};

/** "620 of 1,000 pictures"; a part of the mathematics: "62 %". Listing is short, and its parts begin anew: no figure. */
export function doneWords({ phase, done, of }: EvaluationProgress): string {
  const unit = unitOf[phase];
  if (of <= 0 || phase === 'listing') return '';
  return unit === null || of <= 1 ? `${Math.round((100 * done) / of)} %` : `${count(done)} of ${count(of)} ${unit}`;
}

export const leftWords = ({ secondsLeft }: Pick<EvaluationProgress, 'secondsLeft'>): string =>
  secondsLeft === null ? '' : `${duration(secondsLeft)} left`;

/** One line: "Features of run-12 · 620 of 1,000 pictures · 46 s left". */
export const progressWords = (progress: EvaluationProgress): string =>
  [progress.what, doneWords(progress), leftWords(progress)].filter((words) => words !== '').join(' · ');

export const shareDone = ({ phase, done, of }: EvaluationProgress): number =>
  of > 0 && phase !== 'listing' ? Math.min(1, done / of) : 0;

const states: Record<EvaluationRun['state'], string> = {
  waiting: 'Waits for the one before it',
  running: 'Measuring',
  stopped: 'Stopped',
  failed: 'Failed',
  done: 'Done',
};
export const stateWords = ({ state }: Pick<EvaluationRun, 'state'>): string => states[state];

/** Something that was given is wrong: going on as it is would fail again. */
export const isMendable = (kind: ErrorKind): boolean =>
  ['missing-file', 'bad-file', 'unfit-model', 'unsupported', 'bad-input', 'not-found'].includes(kind);

/** What a person can do about a failure, beside its own sentence. */
export function adviceFor(kind: ErrorKind): string {
  switch (kind) {
    case 'missing-file':
      return 'Put it back where it was, or choose another in the column, and evaluate again.';
    case 'bad-file':
    case 'unfit-model':
    case 'unsupported':
      return 'Choose another file in the column, and evaluate again.';
    case 'bad-input':
      return 'Mend it in the column, and evaluate again.';
    case 'file-changed':
      return 'Go on measures it as it is now.';
    case 'device-unavailable':
      return 'Choose another device in Settings, then go on.';
    case 'storage':
      return 'Make room on the disk, then go on.';
    default:
      return 'What was computed is kept; it goes on from there.';
  }
}

/** "Inception · 2,048 dimensions · not verified". */
export const networkWords = ({ label, dimensions, checked }: UsedNetwork): string =>
  `${label}, ${count(dimensions)} dimensions, ${checked}`;

/** A distance in features, in three figures: "0.21", "12.4". */
export const distanceWords = (distance: number): string =>
  fixed(distance, distance >= 100 ? 0 : distance >= 10 ? 1 : 2);
