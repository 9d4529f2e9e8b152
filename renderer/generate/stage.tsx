import { useState } from 'react';
import { actualBox, boxFor, useRoom } from '../components/picture-box.js';
import { pictureUrl } from '../../app/contracts/window.js';
import { PictureView, useDensity } from '../components/picture-view.js';
import { shareDone, useProgress } from '../studio/progress.js';
import { useRecent } from '../studio/recent-pictures.js';
import { useStudio } from '../studio/studio-store.js';
import { Caption } from './caption.js';
import { changeDraft } from './drafting.js';
import { focusPromptEnd } from './focus.js';
import { useGenerate } from './generate-store.js';
import { JobNotice } from './job-notice.js';
import { PreviewCanvas } from './preview-canvas.js';
import { shownBy, type Shown } from './selection.js';

const CAPTION_HEIGHT = 44;
const NOTICE_HEIGHT = 72;

/** The picture on its strictly neutral ground: nothing is laid over it, nothing is cut off it. */
export function Stage() {
  const selection = useGenerate((state) => state.selection);
  const live = useGenerate((state) => state.live);
  const justMade = useGenerate((state) => state.justMade);
  const remadeOf = useGenerate(({ remake }) => remake?.of ?? null);
  const actualSize = useGenerate((state) => state.actualSize);
  const pictures = useRecent((state) => state.pictures);
  const loaded = useRecent((state) => state.loaded);
  const jobs = useStudio(({ queue }) => queue.jobs);
  const shown = shownBy(selection, live, pictures, jobs);
  const [ref, room] = useRoom<HTMLDivElement>();
  const density = useDensity();
  const [shownPixels, setShownPixels] = useState('');

  const size = sizeOf(shown);
  const height = room.height - CAPTION_HEIGHT - (shown.kind === 'job' && shown.job.error ? NOTICE_HEIGHT : 0);
  const box = !size
    ? null
    : actualSize && shown.kind === 'picture'
      ? actualBox(size, density)
      : boxFor({ width: room.width, height }, size, density);
  // What the stage showed last stays behind a picture that just came, until its own pixels are there: no flash between
  // them. That is its preview, or the picture which it is made anew of.
  const justCame = shown.kind === 'picture' && shown.picture.id === justMade && shownPixels !== justMade;
  const behind = !justCame ? undefined : remadeOf === null || remadeOf === justMade ? (
    <PreviewCanvas />
  ) : (
    <img src={pictureUrl(remadeOf)} alt="" className="behind" />
  );

  return (
    <div className="stage" ref={ref}>
      {shown.kind === 'nothing' && loaded ? <EmptyStage /> : null}
      {box && size && room.width > 0 ? (
        <>
          <div className={actualSize ? 'pan' : 'pan fits'}>
            {shown.kind === 'picture' ? (
              <PictureView picture={shown.picture} box={box} onLoad={() => setShownPixels(shown.picture.id)}>
                {behind}
              </PictureView>
            ) : (
              <figure
                className={`picture making${shown.kind === 'job' ? ' broken' : ''}`}
                style={{ width: box.width, height: box.height }}
              >
                {shown.kind === 'live' && !shown.live.hasPreview ? null : (
                  <PreviewCanvas
                    label={shown.kind === 'job' ? `Preview, stopped at step ${shown.job.step}` : 'Preview'}
                    jobId={shown.kind === 'job' ? shown.job.id : null}
                  />
                )}
                {shown.kind === 'live' ? <Edge /> : null}
              </figure>
            )}
          </div>
          {shown.kind === 'job' && shown.job.error ? (
            <JobNotice job={shown.job} error={shown.job.error} width={box.width} />
          ) : null}
          <Caption shown={shown} width={box.width} />
        </>
      ) : null}
    </div>
  );
}

/** The picture's own progress, along its lower edge. */
function Edge() {
  const steps = useProgress<HTMLSpanElement>((element, progress) => {
    const share = progress ? shareDone(progress) : 0;
    if (element.firstElementChild instanceof HTMLElement) element.firstElementChild.style.width = `${share * 100}%`;
    element.setAttribute('aria-valuenow', String(progress?.step ?? 0));
    element.setAttribute('aria-valuemax', String(progress?.steps ?? 1));
  });
  return (
    <span className="edge" role="progressbar" aria-label="Steps of this picture" aria-valuemin={0} ref={steps}>
      <i />
    </span>
  );
}

const TRY = 'a red heart';

function EmptyStage() {
  const hasModel = useGenerate(({ draft }) => draft.model !== '');
  return (
    <div className="empty">
      <p className="t24">Say what you would like to see.</p>
      <p className="dim">
        {hasModel ? 'A model is already here. ' : ''}Nothing you write or make leaves this computer.
      </p>
      {hasModel ? (
        <button
          type="button"
          className="try"
          onClick={() => {
            changeDraft({ prompt: TRY });
            focusPromptEnd();
          }}
        >
          <span className="dim">Try</span> {TRY}
        </button>
      ) : null}
    </div>
  );
}

function sizeOf(shown: Shown): { width: number; height: number } | null {
  switch (shown.kind) {
    case 'nothing':
      return null;
    case 'live':
      return shown.live;
    case 'picture':
      return shown.picture;
    case 'job':
      return shown.job.settings;
  }
}
