import type { GenerationSettings, Job, JobProgress, Queue } from '../../app/contracts/generation.js';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { asStudioError, ask } from '../bridge.js';
import { offerUndo, reportProblem, say, showToast } from '../studio/notices.js';
import { pictureDetail } from '../studio/picture-details.js';
import { publishProgress } from '../studio/progress.js';
import { runningJob, studioStore } from '../studio/studio-store.js';
import { changeDraft, drawSeed, rememberPrompt } from './drafting.js';
import { paceOf } from './estimate.js';
import { generateStore, settingsOf, type Live } from './generate-store.js';
import { select } from './selection.js';

/** Ask for pictures as the draft says. Main puts the job on disk before it answers. */
export function submit(options: { newSeed?: boolean } = {}): void {
  const { draft } = generateStore.getState();
  if (!draft.model) return;
  const seed = options.newSeed ? drawSeed() : draft.seed;
  const next = draft.seedLocked ? seed : drawSeed();
  rememberPrompt(draft.prompt);
  generateStore.setState({ problem: null, selection: { kind: 'follow' } });
  // The field always shows the seed of the next job; a refused one gives its seed back.
  changeDraft({ seed: next });
  send({ ...settingsOf(draft), seed }, draft.count, () => {
    if (generateStore.getState().draft.seed === next) changeDraft({ seed: draft.seed });
  });
}

/** The picture's own settings once more, with a new seed; the draft stays as it is. */
export function vary(id: string): void {
  pictureDetail(id).then(({ receipt }) => {
    select({ kind: 'follow' });
    send({ ...receipt.settings, seed: drawSeed() }, 1);
  }, reportProblem);
}

/** A picture once more with other adapters. It stays on the stage until the new one is whole. */
export function remake(settings: GenerationSettings, of: string): void {
  generateStore.setState({ problem: null, selection: { kind: 'follow' }, remake: { of, jobId: null } });
  ask('generation.submit', { settings, count: 1 }).then(
    // What it has to say about adapters stands in their rows.
    ({ id }) => generateStore.setState({ remake: { of, jobId: id } }),
    (error: unknown) => generateStore.setState({ remake: null, problem: asStudioError(error) }),
  );
}

function send(settings: Job['settings'], count: number, refused?: () => void): void {
  generateStore.setState({ remake: null });
  ask('generation.submit', { settings, count }).then(
    (job) => {
      for (const text of job.notices) showToast({ tone: 'info', text, action: null });
    },
    (error: unknown) => {
      generateStore.setState({ problem: asStudioError(error) });
      refused?.();
    },
  );
}

export function stop(): void {
  const job = runningJob(studioStore.getState().queue);
  if (job) ask('generation.stop', { id: job.id }).catch(reportProblem);
}

export const stopJob = (id: string): void => void ask('generation.stop', { id }).catch(reportProblem);

export function resumeJob(id: string): void {
  select({ kind: 'follow' });
  ask('generation.resume', { id }).catch(reportProblem);
}

/** Taken out of the queue; asking for the same again takes that back. */
export function removeJob(job: Job): void {
  ask('generation.remove', { id: job.id }).then(
    () => offerUndo('1 job taken out of the queue.', () => send(job.settings, job.count - job.pictures.length)),
    reportProblem,
  );
}

export const moveJob = (id: string, to: number): void => void ask('generation.move', { id, to }).catch(reportProblem);

/* ---- what main tells ---- */

export function hearProgress(progress: JobProgress): void {
  const { live } = generateStore.getState();
  const same = live !== null && live.jobId === progress.jobId && live.picture === progress.picture;
  const { remake: made } = generateStore.getState();
  const isRemake = made !== null && (made.jobId === null || made.jobId === progress.jobId);
  const next: Live = {
    jobId: progress.jobId,
    picture: progress.picture,
    phase: progress.phase,
    width: progress.width,
    height: progress.height,
    since: same && live.phase === progress.phase ? live.since : Date.now(),
    hasPreview: !isRemake && (progress.preview !== null || (same && live.hasPreview)),
  };
  // First the pixels, then the state: what React shows next is already drawn.
  publishProgress(progress);
  if (!same || live.phase !== next.phase || live.hasPreview !== next.hasPreview || live.width !== next.width) {
    generateStore.setState({ live: next });
  }
}

export function hearQueue(queue: Queue, before: Queue): void {
  const { live, selection } = generateStore.getState();
  const running = runningJob(queue);
  const ended = before.jobs.find(({ state }) => state === 'running');
  if (live && running?.id !== live.jobId) {
    generateStore.setState({ live: null });
    publishProgress(null);
  }
  if (ended && running?.id !== ended.id) {
    const now = queue.jobs.find(({ id }) => id === ended.id);
    if (now?.state === 'failed' || now?.state === 'stopped') {
      if (selection.kind === 'follow' && !running) select({ kind: 'job', id: now.id });
      if (now.state === 'stopped') say('The job is stopped; its last step is kept');
    } else if (!now) say('All pictures of this job are done');
  }
  if (queue.jobs.length > before.jobs.length) say(`${queue.jobs.length} in the queue`);
}

/** A new picture: measure this machine's pace by it. */
export function hearPicture(picture: PictureSummary): void {
  generateStore.setState({ justMade: picture.id });
  learnPace(picture.id);
}

export function learnPace(id: string): void {
  pictureDetail(id).then(
    ({ receipt }) => {
      const { model } = receipt.settings;
      generateStore.setState(({ paces }) => ({ paces: { ...paces, [model]: paceOf(receipt) } }));
    },
    () => undefined,
  );
}
