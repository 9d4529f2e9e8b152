import Plus from 'lucide-react/icons/plus';
import type { KeyboardEvent } from 'react';
import type { EvaluationRun } from '../../app/contracts/evaluation.js';
import { ActionButton } from '../components/action-button.js';
import { NameField } from '../components/name-field.js';
import { NoticeBar } from '../components/notice-bar.js';
import { dateTime } from '../words/numbers.js';
import { evaluateActions } from './actions.js';
import { evaluateStore, useEvaluate } from './evaluate-store.js';
import { stateWords } from './evaluate-words.js';
import { loadRuns, openRun, removeRun, renameRun, walkRuns } from './runs.js';

const LIST_ID = 'evaluation-runs';
const rowId = (id: string): string => `evaluation-${id}`;

/** Earlier runs, newest first: one tab stop, arrows move. */
export function RunsList() {
  const runs = useEvaluate((state) => state.runs);
  const open = useEvaluate((state) => state.open?.id ?? null);
  const renaming = useEvaluate((state) => state.renaming);
  const problem = useEvaluate((state) => state.listProblem);
  if (runs.length === 0 && !problem) return null;
  return (
    <div className={`group runs${runs.length > 1 ? ' several' : ''}`}>
      <h2 className="with-button">
        Runs
        <ActionButton action={evaluateActions.create} icon={Plus} />
      </h2>
      {problem ? (
        <NoticeBar
          tone="bad"
          actions={
            <button type="button" className="quiet small outlined" onClick={() => void loadRuns()}>
              Try again
            </button>
          }
        >
          {problem.message}
        </NoticeBar>
      ) : null}
      <div
        id={LIST_ID}
        className="runs-rows"
        role="listbox"
        aria-label="Runs"
        aria-activedescendant={open === null ? undefined : rowId(open)}
        tabIndex={0}
        onKeyDown={onListKey}
      >
        {runs.map((run) =>
          run.id === renaming ? (
            <RenameField key={run.id} run={run} />
          ) : (
            <Row key={run.id} run={run} on={run.id === open} />
          ),
        )}
      </div>
    </div>
  );
}

function onListKey(event: KeyboardEvent): void {
  if (event.target !== event.currentTarget || event.altKey || event.ctrlKey || event.metaKey) return;
  const { open, runs } = evaluateStore.getState();
  const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -runs.length, End: runs.length };
  const by = moves[event.key];
  if (by !== undefined) {
    walkRuns(by);
    const reached = evaluateStore.getState().open?.id ?? '';
    document.getElementById(rowId(reached))?.scrollIntoView({ block: 'nearest' });
  } else if ((event.key === 'Delete' || event.key === 'Backspace') && open) removeRun(open.id);
  else return;
  event.preventDefault();
}

function Row({ run, on }: { run: EvaluationRun; on: boolean }) {
  const second = run.state === 'done' ? dateTime(run.finishedAt ?? run.createdAt) : stateWords(run);
  return (
    <div
      id={rowId(run.id)}
      role="option"
      aria-selected={on}
      className={`run-row${on ? ' on' : ''}`}
      title={run.verdict ?? run.error?.message ?? undefined}
      onClick={() => openRun(run.id)}
      onDoubleClick={() => evaluateStore.setState({ renaming: run.id })}
    >
      <b>{run.name}</b>
      <small className="num">
        {run.state === 'done' ? null : <span className={`dot ${dots[run.state]}`} aria-hidden="true" />}
        {second}
      </small>
    </div>
  );
}

const dots: Record<Exclude<EvaluationRun['state'], 'done'>, string> = {
  waiting: 'wait',
  running: 'busy',
  stopped: 'idle',
  failed: 'bad',
};

function RenameField({ run }: { run: EvaluationRun }) {
  const done = (name: string | null): void => {
    if (evaluateStore.getState().renaming !== run.id) return;
    if (name !== null) renameRun(run.id, name);
    else evaluateStore.setState({ renaming: null });
    document.getElementById(LIST_ID)?.focus();
  };
  return (
    <div id={rowId(run.id)} className="run-row on renaming" role="option" aria-selected>
      <NameField label="Name of the evaluation" value={run.name} maxLength={80} onDone={done} />
    </div>
  );
}
