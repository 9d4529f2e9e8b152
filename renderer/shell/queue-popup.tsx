import { useLayoutEffect, useRef, useState, type FocusEvent } from 'react';
import ArrowRight from 'lucide-react/icons/play';
import GripVertical from 'lucide-react/icons/grip-vertical';
import Square from 'lucide-react/icons/square';
import X from 'lucide-react/icons/x';
import type { Job } from '../../app/contracts/generation.js';
import { thumbnailUrl } from '../../app/contracts/window.js';
import { Icon } from '../components/icon.js';
import { moveJob, removeJob, resumeJob, stopJob } from '../generate/generating.js';
import { focusRow } from './actions.js';
import { endedWords } from '../generate/progress-words.js';
import { PreviewCanvas } from '../generate/preview-canvas.js';
import { lastProgress, useProgress } from '../studio/progress.js';
import { queueWords, useStudio } from '../studio/studio-store.js';
import { duration, firstWords, plural, size } from '../words/numbers.js';

/** Of the row that has the focus: where it goes on when that row ends. */
interface Place {
  readonly id: string;
  readonly index: number;
}

/** One tab stop; a row that ends, or a button that goes, hands the focus to the row in its place. */
function useRowFocus(jobs: readonly Job[]) {
  const list = useRef<HTMLOListElement>(null);
  const focused = useRef<Place | null>(null);
  const [current, setCurrent] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (!focused.current || list.current?.contains(document.activeElement)) return;
    const { id, index } = focused.current;
    const next = jobs.find((job) => job.id === id) ?? jobs[Math.min(index, jobs.length - 1)];
    if (next) focusRow(next.id);
    else document.querySelector<HTMLElement>('[data-scope="queue"]')?.focus();
  }, [jobs]);
  return {
    list,
    current: jobs.some(({ id }) => id === current) ? current : (jobs[0]?.id ?? null),
    onFocus: (event: FocusEvent<HTMLElement>): void => {
      const id = event.target.closest('[data-job]')?.getAttribute('data-job') ?? null;
      if (id === null) return;
      focused.current = { id, index: jobs.findIndex((job) => job.id === id) };
      setCurrent(id);
    },
    onBlur: (event: FocusEvent<HTMLElement>): void => {
      const to = event.relatedTarget;
      if (to instanceof Node && !event.currentTarget.contains(to) && !to.contains(event.currentTarget)) {
        focused.current = null;
      }
    },
  };
}

/** What runs, waits and was stopped. Waiting jobs are moved by hand, or by Alt and the arrow keys. */
export function QueuePopup() {
  const jobs = useStudio(({ queue }) => queue.jobs);
  const secondsLeft = useStudio(({ queue }) => queue.secondsLeft);
  const [dragged, setDragged] = useState<string | null>(null);
  const waiting = jobs.filter(({ state }) => state === 'waiting');
  const words = useStudio(({ queue }) => queueWords(queue));
  const { list, current, onFocus, onBlur } = useRowFocus(jobs);
  return (
    <>
      <div className="queue-head">
        <b>Queue</b>
        <span className="dim num">
          {words === '' ? 'nothing waits' : words}
          {words !== '' && secondsLeft !== null ? `, ${duration(secondsLeft)} left` : ''}
        </span>
      </div>
      {jobs.length === 0 ? (
        <p className="note padded">
          Press Enter in the prompt while a picture is being made, and the next one waits here.
        </p>
      ) : (
        <ol aria-label="Jobs" ref={list} onFocus={onFocus} onBlur={onBlur}>
          {jobs.map((job) => (
            <JobRow
              key={job.id}
              job={job}
              current={job.id === current}
              lifted={dragged === job.id}
              onLift={setDragged}
              onOver={() => {
                if (dragged === null || dragged === job.id || job.state !== 'waiting') return;
                moveJob(
                  dragged,
                  waiting.findIndex(({ id }) => id === job.id),
                );
              }}
            />
          ))}
        </ol>
      )}
      {jobs.length > 0 ? (
        <p className="queue-foot">
          Drag, or Alt and the arrow keys, to reorder; Del stops or removes. The queue is on disk and survives a
          restart.
        </p>
      ) : null}
    </>
  );
}

interface JobRowProps {
  readonly job: Job;
  /** The one row that Tab reaches. */
  readonly current: boolean;
  readonly lifted: boolean;
  readonly onLift: (id: string | null) => void;
  readonly onOver: () => void;
}

function JobRow({ job, current, lifted, onLift, onOver }: JobRowProps) {
  const words = firstWords(job.settings.prompt || 'No prompt', 60);
  const last = job.pictures.at(-1);
  const waiting = job.state === 'waiting';
  const ended = job.state === 'stopped' || job.state === 'failed';
  return (
    <li
      data-job={job.id}
      tabIndex={current ? 0 : -1}
      className={`${job.state}${lifted ? ' lift' : ''}`}
      aria-label={`${stateWords[job.state]}: ${words}`}
      draggable={waiting}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move';
        event.dataTransfer.setData('text/plain', words);
        onLift(job.id);
      }}
      onDragEnd={() => onLift(null)}
      onDragEnter={onOver}
      onDragOver={(event) => {
        if (waiting) event.preventDefault();
      }}
    >
      <span className="grip" aria-hidden="true">
        {waiting ? <Icon of={GripVertical} /> : null}
      </span>
      <span className="queue-picture">
        {job.state === 'running' ? (
          <PreviewCanvas />
        ) : last === undefined ? null : (
          <img src={thumbnailUrl(last)} alt="" />
        )}
      </span>
      <span className="queue-words">
        <b>{words}</b>
        {job.state === 'running' ? <RunningWords job={job} /> : <small className="num">{waitingWords(job)}</small>}
      </span>
      <span className="queue-buttons">
        {job.state === 'running' ? (
          <button type="button" className="icon-button" aria-label={`Stop: ${words}`} onClick={() => stopJob(job.id)}>
            <Icon of={Square} />
          </button>
        ) : null}
        {ended ? (
          <button
            type="button"
            className="icon-button"
            aria-label={`Go on: ${words}`}
            onClick={() => resumeJob(job.id)}
          >
            <Icon of={ArrowRight} />
          </button>
        ) : null}
        {job.state === 'running' ? null : (
          <button type="button" className="icon-button" aria-label={`Remove: ${words}`} onClick={() => removeJob(job)}>
            <Icon of={X} />
          </button>
        )}
      </span>
    </li>
  );
}

const stateWords: Record<Job['state'], string> = {
  running: 'Running',
  waiting: 'Waiting',
  stopped: 'Stopped',
  failed: 'Failed',
  done: 'Done',
};

function waitingWords(job: Job): string {
  const what = `${plural(job.count - job.pictures.length, 'picture')}, ${size(job.settings.width, job.settings.height)}`;
  if (job.state === 'failed') return job.error?.message ?? `Failed at step ${job.step}`;
  return job.state === 'stopped' ? endedWords(job) : what;
}

function RunningWords({ job }: { job: Job }) {
  const words = (): string => {
    const progress = lastProgress();
    if (progress?.jobId !== job.id) return 'Starting';
    return `Picture ${progress.picture + 1} of ${job.count}, step ${progress.step} of ${progress.steps}`;
  };
  const text = useProgress<HTMLElement>((element) => (element.textContent = words()));
  const bar = useProgress<HTMLElement>((element, progress) => {
    const done = progress ? (progress.picture + progress.step / progress.steps) / job.count : 0;
    element.style.width = `${Math.min(1, done) * 100}%`;
  });
  return (
    <>
      <small className="num" ref={text}>
        {words()}
      </small>
      <span className="bar">
        <i ref={bar} />
      </span>
    </>
  );
}
