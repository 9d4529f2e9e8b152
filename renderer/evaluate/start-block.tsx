import Play from 'lucide-react/icons/play';
import Square from 'lucide-react/icons/square';
import { Icon } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import { evaluateActions } from './actions.js';
import { sameSettings, settingsOf } from './drafting.js';
import { evaluateStore, runById, runningRun, useEvaluate } from './evaluate-store.js';
import { doneWords, leftWords, shareDone } from './evaluate-words.js';
import { stopEvaluation, whyNotStart } from './runs.js';
import { useStudio } from '../studio/studio-store.js';

/** At the foot of the column: the button, and how far the run is that is measured now. */
export function StartBlock() {
  const running = useEvaluate(({ runs }) => runningRun(runs));
  const problem = useEvaluate((state) => state.problem);
  return (
    <div className="group start-block">
      {problem ? (
        <NoticeBar tone="bad" onClose={() => evaluateStore.setState({ problem: null })}>
          {problem.message}
        </NoticeBar>
      ) : null}
      {running ? <Running id={running.id} name={running.name} /> : null}
      <StartButton busy={running !== null} />
    </div>
  );
}

function Running({ id, name }: { id: string; name: string }) {
  const progress = useEvaluate((state) => (state.progress?.id === id ? state.progress : null));
  return (
    <div className="running">
      <div className="line">
        <b>{progress?.what ?? `“${name}” begins`}</b>
        <span className="num dim">{progress ? leftWords(progress) : ''}</span>
      </div>
      <span
        className="bar"
        role="progressbar"
        aria-label={`Progress of ${name}`}
        aria-valuenow={percent(progress ? shareDone(progress) : 0)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i style={{ width: `${percent(progress ? shareDone(progress) : 0)}%` }} />
      </span>
      <p className="note num">
        {progress && doneWords(progress) !== '' ? `${doneWords(progress)}. ` : ''}Stop at any time; it goes on from
        here.
      </p>
      <button type="button" className="quiet outlined small" onClick={() => stopEvaluation(id)}>
        <Icon of={Square} size={14} />
        Stop
      </button>
    </div>
  );
}

const percent = (share: number): number => Math.round(100 * share);

function StartButton({ busy }: { busy: boolean }) {
  const why = useEvaluate(whyNotStart);
  const metrics = useStudio(({ capabilities }) => capabilities.metrics);
  // What is open already, as it stands in the column, needs no button that calls for attention.
  const repeats = useEvaluate(({ draft, looks, runs, open }) => {
    const settings = settingsOf(draft, looks, metrics);
    const run = runById(runs, open?.id);
    return settings !== null && run !== null && sameSettings(settings, run.settings);
  });
  if (busy && repeats) return null;
  const label = busy ? 'Evaluate next' : repeats ? 'Evaluate again' : 'Evaluate';
  return (
    <>
      <button
        type="button"
        className={busy || repeats ? 'quiet outlined' : 'primary big'}
        aria-disabled={why !== null || undefined}
        aria-keyshortcuts="Enter"
        title={why ?? undefined}
        onClick={() => {
          if (why === null) evaluateActions.start.run();
        }}
      >
        <Icon of={Play} />
        {label}
        <kbd>Enter</kbd>
      </button>
      {why === null ? null : <p className="note">{why}</p>}
    </>
  );
}
