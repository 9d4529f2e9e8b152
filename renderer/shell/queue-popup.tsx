import { useState } from 'react';
import ArrowRight from 'lucide-react/icons/play';
import GripVertical from 'lucide-react/icons/grip-vertical';
import Square from 'lucide-react/icons/square';
import X from 'lucide-react/icons/x';
import type { Job } from '../../app/contracts/generation.js';
import { thumbnailUrl } from '../../app/contracts/window.js';
import { Icon } from '../components/icon.js';
import { moveJob, removeJob, resumeJob, stopJob } from '../generate/generating.js';
import { endedWords } from '../generate/progress-words.js';
import { PreviewCanvas } from '../generate/preview-canvas.js';
import { lastProgress, useProgress } from '../studio/progress.js';
import { useStudio } from '../studio/studio-store.js';
import { duration, firstWords, plural, size } from '../words/numbers.js';

/** What runs, waits and was stopped. Waiting jobs are moved by hand, or by Alt and the arrow keys. */
export function QueuePopup() {
  const jobs = useStudio(({ queue }) => queue.jobs);
  const secondsLeft = useStudio(({ queue }) => queue.secondsLeft);
  const [dragged, setDragged] = useState<string | null>(null);
  const waiting = jobs.filter(({ state }) => state === 'waiting');
  const active = jobs.filter(({ state }) => state === 'waiting' || state === 'running').length;
  return (
    <>
      <div className="queue-head">
        <b>Queue</b>
        <span className="dim num">
          {active === 0 ? 'nothing waits' : plural(active, 'job')}
          {active > 0 && secondsLeft !== null ? `, ${duration(secondsLeft)} left` : ''}
        </span>
      </div>
      {jobs.length === 0 ? (
        <p className="note padded">
          Press Enter in the prompt while a picture is being made, and the next one waits here.
        </p>
      ) : (
        <ol aria-label="Jobs">
          {jobs.map((job) => (
            <JobRow
              key={job.id}
              job={job}
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
          Drag, or Alt and the arrow keys, to reorder. The queue is on disk and survives a restart.
        </p>
      ) : null}
    </>
  );
}

interface JobRowProps {
  readonly job: Job;
  readonly lifted: boolean;
  readonly onLift: (id: string | null) => void;
  readonly onOver: () => void;
}

function JobRow({ job, lifted, onLift, onOver }: JobRowProps) {
  const words = firstWords(job.settings.prompt || 'No prompt', 60);
  const last = job.pictures.at(-1);
  const waiting = job.state === 'waiting';
  const ended = job.state === 'stopped' || job.state === 'failed';
  return (
    <li
      data-job={job.id}
      tabIndex={0}
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
