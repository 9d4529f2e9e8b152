import { useEffect, useEffectEvent } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import Pause from 'lucide-react/icons/pause';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { Job } from '../../app/contracts/generation.js';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { thumbnailUrl } from '../../app/contracts/window.js';
import { Icon } from '../components/icon.js';
import { KeptMark } from '../components/kept-mark.js';
import { useRoom } from '../components/picture-box.js';
import { dragPicture } from '../studio/picture-verbs.js';
import { shareDone, useProgress } from '../studio/progress.js';
import { useRecent } from '../studio/recent-pictures.js';
import { runningJob, useStudio } from '../studio/studio-store.js';
import { useGenerate } from './generate-store.js';
import { PreviewCanvas } from './preview-canvas.js';
import { endedWords } from './progress-words.js';
import { brokenJobs, select, shownBy } from './selection.js';

/** Vertical, because screens are wide: the live shot, those that wait, stopped jobs, then pictures, newest first. */

type Shot =
  | { readonly kind: 'live'; readonly job: Job; readonly number: number }
  | { readonly kind: 'wait'; readonly job: Job; readonly number: number; readonly more: number }
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'rule' }
  | { readonly kind: 'picture'; readonly picture: PictureSummary };

/** Pictures of the running job that are shown waiting one by one; the rest is one shot with a number. */
const WAITING_SHOWN = 3;
const GAP = 8;

export function Film() {
  const jobs = useStudio(({ queue }) => queue.jobs);
  const running = useStudio(({ queue }) => runningJob(queue));
  const pictures = useRecent((state) => state.pictures);
  const live = useGenerate((state) => state.live);
  const selection = useGenerate((state) => state.selection);
  const shown = shownBy(selection, live, pictures, jobs);
  const shots = shotsOf(jobs, running, pictures);
  const [room, { width }] = useRoom<HTMLDivElement>();

  // oxlint-disable-next-line react/incompatible-library -- this component is not memoized, so its functions are never stale
  const rows = useVirtualizer({
    count: shots.length,
    getScrollElement: () => room.current,
    estimateSize: (index) => heightOf(shots[index], width),
    getItemKey: (index) => keyOfShot(shots[index], index),
    gap: GAP,
    overscan: 4,
    useFlushSync: false,
    paddingStart: 16,
    paddingEnd: 16,
  });
  useEffect(() => rows.measure(), [rows, width, pictures, running, jobs]);

  const selected = shots.findIndex((shot) => isSelected(shot, selection.kind, shown));
  const bringIntoView = useEffectEvent((index: number) => rows.scrollToIndex(index, { align: 'auto' }));
  useEffect(() => {
    if (selected >= 0) bringIntoView(selected);
  }, [selected]);

  return (
    <aside className="film" ref={room} data-region="film">
      <div
        className="film-strip"
        role="listbox"
        aria-label="Film, newest first"
        data-keys="pictures"
        tabIndex={0}
        aria-activedescendant={selected >= 0 ? `shot-${selected}` : undefined}
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map(({ index, start, size, key }) => {
          const shot = shots[index];
          if (!shot) return null;
          const place = { transform: `translateY(${start}px)`, height: size };
          if (shot.kind === 'rule') return <hr key={key} style={place} aria-hidden="true" />;
          return (
            <div
              key={key}
              id={`shot-${index}`}
              role="option"
              aria-selected={index === selected}
              aria-label={nameOf(shot)}
              aria-setsize={shots.length}
              aria-posinset={index + 1}
              className={`shot ${shot.kind === 'picture' ? 'done' : shot.kind}${index === selected ? ' on' : ''}`}
              style={place}
              draggable={shot.kind === 'picture'}
              onClick={() => choose(shot)}
              onDragStart={(event) => {
                event.preventDefault();
                if (shot.kind === 'picture') dragPicture(shot.picture.id);
              }}
            >
              <ShotFace shot={shot} />
            </div>
          );
        })}
      </div>
    </aside>
  );
}

function ShotFace({ shot }: { shot: Exclude<Shot, { kind: 'rule' }> }) {
  switch (shot.kind) {
    case 'live':
      return (
        <>
          <PreviewCanvas />
          <LiveBar />
        </>
      );
    case 'wait':
      return <span className="num">{shot.more > 0 ? `+${shot.more + 1}` : shot.number}</span>;
    case 'job':
      return (
        <>
          <PreviewCanvas jobId={shot.job.id} />
          <Icon of={shot.job.state === 'failed' ? TriangleAlert : Pause} />
          <span className="bar">
            <i style={{ width: `${(shot.job.step / shot.job.settings.steps) * 100}%` }} />
          </span>
        </>
      );
    case 'picture':
      return (
        <>
          {shot.picture.missing ? (
            <span className="gone">File gone</span>
          ) : (
            <img src={thumbnailUrl(shot.picture.id)} alt="" decoding="async" draggable={false} />
          )}
          {shot.picture.kept ? <KeptMark /> : null}
        </>
      );
  }
}

function LiveBar() {
  const bar = useProgress<HTMLElement>((element, progress) => {
    element.style.width = progress ? `${shareDone(progress) * 100}%` : '0';
  });
  return (
    <span className="bar">
      <i ref={bar} />
    </span>
  );
}

function shotsOf(jobs: readonly Job[], running: Job | null, pictures: readonly PictureSummary[]): Shot[] {
  const shots: Shot[] = [];
  if (running) {
    const done = running.pictures.length;
    shots.push({ kind: 'live', job: running, number: done + 1 });
    const last = Math.min(running.count, done + 1 + WAITING_SHOWN);
    for (let number = done + 2; number <= last; number += 1) {
      shots.push({ kind: 'wait', job: running, number, more: number === last ? running.count - last : 0 });
    }
  }
  for (const job of brokenJobs(jobs)) shots.push({ kind: 'job', job });
  if (shots.length > 0 && pictures.length > 0) shots.push({ kind: 'rule' });
  for (const picture of pictures) shots.push({ kind: 'picture', picture });
  return shots;
}

function isSelected(shot: Shot, kind: string, shown: ReturnType<typeof shownBy>): boolean {
  if (shot.kind === 'live') return shown.kind === 'live' || kind === 'follow';
  if (shot.kind === 'job') return shown.kind === 'job' && shown.job.id === shot.job.id;
  return shot.kind === 'picture' && shown.kind === 'picture' && shown.picture.id === shot.picture.id;
}

function choose(shot: Shot): void {
  if (shot.kind === 'picture') select({ kind: 'picture', id: shot.picture.id });
  else if (shot.kind === 'job') select({ kind: 'job', id: shot.job.id });
  else select({ kind: 'follow' });
}

function nameOf(shot: Exclude<Shot, { kind: 'rule' }>): string {
  switch (shot.kind) {
    case 'live':
      return `Being made: picture ${shot.number} of ${shot.job.count}`;
    case 'wait':
      return `Waiting: picture ${shot.number} of ${shot.job.count}${shot.more > 0 ? ` and ${shot.more} more` : ''}`;
    case 'job':
      return `${endedWords(shot.job)}: ${shot.job.settings.prompt}`;
    case 'picture':
      return `${shot.picture.title || 'Picture without a prompt'}${shot.picture.kept ? ', kept' : ''}`;
  }
}

function heightOf(shot: Shot | undefined, width: number): number {
  if (!shot || shot.kind === 'rule') return 1;
  const { width: w, height: h } = shot.kind === 'picture' ? shot.picture : shot.job.settings;
  // Very tall pictures are cut in the film, and only there.
  return Math.round(Math.min(width * 1.6, Math.max(width * 0.4, (width * h) / w)));
}

function keyOfShot(shot: Shot | undefined, index: number): string {
  if (!shot || shot.kind === 'rule') return `rule-${index}`;
  if (shot.kind === 'picture') return shot.picture.id;
  return `${shot.kind}-${shot.job.id}${shot.kind === 'wait' ? `-${shot.number}` : ''}`;
}
