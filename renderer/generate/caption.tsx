import { useEffect, useState } from 'react';
import Copy from 'lucide-react/icons/copy';
import Dices from 'lucide-react/icons/dice-5';
import FolderOpen from 'lucide-react/icons/folder-open';
import Heart from 'lucide-react/icons/heart';
import SlidersHorizontal from 'lucide-react/icons/sliders-horizontal';
import Trash from 'lucide-react/icons/trash-2';
import type { UsedAdapter } from '../../app/contracts/adapters.js';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { ActionButton } from '../components/action-button.js';
import { Dot } from '../components/dot.js';
import { usePictureDetail } from '../studio/picture-details.js';
import { lastProgress, useProgress } from '../studio/progress.js';
import { modelById, useStudio } from '../studio/studio-store.js';
import { measured, size, strengths } from '../words/numbers.js';
import { generateActions } from './actions.js';
import { learnPace, resumeJob } from './generating.js';
import { useGenerate, type Live } from './generate-store.js';
import { endedWords, phaseWords, timeLeft } from './progress-words.js';
import type { Shown } from './selection.js';

/** One line under the picture: how far it is, or what it is and what can be done with it. */
export function Caption({ shown, width }: { shown: Shown; width: number }) {
  const live = useGenerate((state) => state.live);
  const follows = useGenerate(({ selection }) => selection.kind === 'follow');
  return (
    <div className="caption" style={{ width }}>
      {live && follows ? <LiveWords live={live} /> : null}
      {shown.kind === 'picture' && !(live && follows) ? <PictureWords picture={shown.picture} /> : null}
      {shown.kind === 'job' ? (
        <>
          <span className="what">
            <b className="num">{endedWords(shown.job)}</b>
            <Dot />
            <span className="num">seed {shown.job.settings.seed + shown.job.pictures.length}</span>
          </span>
          <span className="do">
            {shown.job.error ? null : (
              <button type="button" className="quiet small outlined" onClick={() => resumeJob(shown.job.id)}>
                {shown.job.step > 0 ? `Go on from step ${shown.job.step}` : 'Go on'}
              </button>
            )}
            <ActionButton action={generateActions.delete} icon={Trash} label="Take out of the queue" />
          </span>
        </>
      ) : null}
    </div>
  );
}

function LiveWords({ live }: { live: Live }) {
  const job = useStudio(({ queue }) => queue.jobs.find(({ id }) => id === live.jobId));
  const modelName = useStudio(({ models }) => modelById(models, job?.settings.model ?? '')?.name ?? 'the model');
  // While a model loads no step comes, so the seconds are counted here.
  const [, tick] = useState(0);
  useEffect(() => {
    if (live.phase !== 'loading') return undefined;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [live.phase]);
  const words = (progress = lastProgress()): string =>
    progress ? phaseWords(progress, modelName, (Date.now() - live.since) / 1000) : '';
  const step = useProgress<HTMLElement>((element, progress) => (element.textContent = words(progress)));
  const left = useProgress<HTMLElement>((element, progress) => {
    const text = progress ? timeLeft(progress) : '';
    element.textContent = text;
    element.hidden = text === '';
  });
  return (
    <span className="what">
      <b className="num" ref={step}>
        {words()}
      </b>
      <span className="num dotted" ref={left} hidden />
      {job && job.count > 1 ? (
        <span className="num dim dotted">
          picture {live.picture + 1} of {job.count}
        </span>
      ) : null}
    </span>
  );
}

function PictureWords({ picture }: { picture: PictureSummary }) {
  const detail = usePictureDetail(picture.id);
  useEffect(() => learnPace(picture.id), [picture.id]);
  const { keep, vary, copy, reveal, reuse, delete: bin } = generateActions;
  return (
    <>
      <span className="what">
        {detail ? (
          <>
            <b className="num">{measured(detail.receipt.seconds.total)}</b>
            <Dot />
          </>
        ) : null}
        <span className="num">{size(picture.width, picture.height)}</span>
        {detail ? (
          <>
            <Dot />
            <span className="num">seed {detail.receipt.settings.seed}</span>
          </>
        ) : null}
        {detail && detail.receipt.adapters.length > 0 ? (
          <>
            <Dot />
            <span className="num some-adapters">{adapterWords(detail.receipt.adapters)}</span>
          </>
        ) : null}
      </span>
      <span className="do">
        <ActionButton action={keep} icon={Heart} pressed={picture.kept} label={picture.kept ? 'Kept' : 'Keep'} />
        <ActionButton action={vary} icon={Dices} />
        <ActionButton action={reuse} icon={SlidersHorizontal} />
        <ActionButton action={copy} icon={Copy} />
        <ActionButton action={reveal} icon={FolderOpen} />
        <ActionButton action={bin} icon={Trash} />
      </span>
    </>
  );
}

const NAMED = 2;

/** "flat-ink 0.80, more-detail −0.60 and 2 more" */
function adapterWords(adapters: readonly UsedAdapter[]): string {
  const named = adapters.slice(0, NAMED).map((used) => `${used.name} ${strengths(used)}`);
  const more = adapters.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
