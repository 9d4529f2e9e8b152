import Check from 'lucide-react/icons/check';
import Circle from 'lucide-react/icons/circle';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import type { EvaluationProgress, EvaluationRun } from '../../app/contracts/evaluation.js';
import { Icon } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import { useStudio } from '../studio/studio-store.js';
import { evaluateActions } from './actions.js';
import { useEvaluate } from './evaluate-store.js';
import { adviceFor, doneWords, isMendable, leftWords, shareDone } from './evaluate-words.js';
import { removeRun, resumeEvaluation } from './runs.js';

/** A run that is not done: it waits, is measured, was stopped, or failed. */
export function Unfinished({ run }: { run: EvaluationRun }) {
  return (
    <div className="unfinished">
      {run.state === 'running' ? <Measuring run={run} /> : null}
      {run.state === 'waiting' ? (
        <>
          <p className="t18">“{run.name}” waits for the one before it.</p>
          <div className="actions">
            <button type="button" className="quiet outlined" onClick={() => removeRun(run.id)}>
              Take it off the list
            </button>
          </div>
        </>
      ) : null}
      {run.state === 'stopped' ? (
        <>
          <p className="t18">“{run.name}” is stopped.</p>
          <p className="dim">What was computed is kept: it goes on from there.</p>
          <GoOn id={run.id} />
        </>
      ) : null}
      {run.state === 'failed' ? <Failed run={run} /> : null}
    </div>
  );
}

function GoOn({ id, label = 'Go on' }: { id: string; label?: string }) {
  return (
    <div className="actions">
      <button type="button" className="primary" onClick={() => resumeEvaluation(id)} aria-keyshortcuts="G">
        {label}
        <kbd>G</kbd>
      </button>
      <button type="button" className="quiet outlined" onClick={evaluateActions.create.run}>
        New evaluation
      </button>
    </div>
  );
}

function Failed({ run }: { run: EvaluationRun }) {
  return (
    <>
      <p className="t18">“{run.name}” could not be measured.</p>
      <NoticeBar tone="bad">
        {run.error?.message ?? 'The studio has lost the reason.'} {run.error ? adviceFor(run.error.kind) : ''}
      </NoticeBar>
      <GoOn id={run.id} label={run.error && isMendable(run.error.kind) ? 'Try again' : 'Go on'} />
    </>
  );
}

type Phase = EvaluationProgress['phase'];

const phaseNames: Record<Phase, string> = {
  listing: 'List and check the files',
  features: 'Features of the pictures',
  captions: 'Captions',
  measures: 'Metrics and their intervals',
};

/** The parts that this run has, in the order in which they come. */
export function phasesOf({ metrics }: EvaluationRun['settings'], needs: ReadonlyMap<string, string>): Phase[] {
  const captions = metrics.some((id) => needs.get(id) === 'captions');
  return ['listing', 'features', ...(captions ? (['captions'] as const) : []), 'measures'];
}

function Measuring({ run }: { run: EvaluationRun }) {
  const progress = useEvaluate((state) => (state.progress?.id === run.id ? state.progress : null));
  const metrics = useStudio(({ capabilities }) => capabilities.metrics);
  const phases = phasesOf(run.settings, new Map(metrics.map(({ id, needs }) => [id, needs])));
  const at = progress ? phases.indexOf(progress.phase) : 0;
  return (
    <>
      <p className="t18">Measuring “{run.name}”</p>
      <ol className="phases" aria-label="Parts of the evaluation">
        {phases.map((phase, index) => {
          const state = index < at ? 'past' : index === at ? 'now' : 'to-come';
          return (
            <li key={phase} className={state} aria-current={state === 'now' ? 'step' : undefined}>
              <Icon of={state === 'past' ? Check : state === 'now' ? LoaderCircle : Circle} size={14} />
              <span>{phaseNames[phase]}</span>
              <span className="num dim">{state === 'now' && progress ? doneWords(progress) : ''}</span>
            </li>
          );
        })}
      </ol>
      <span className="bar">
        <i style={{ width: `${100 * (progress ? shareDone(progress) : 0)}%` }} />
      </span>
      <p className="note num">
        {progress ? `${progress.what}${leftWords(progress) === '' ? '' : ` · ${leftWords(progress)}`}` : 'It begins.'}
      </p>
    </>
  );
}
