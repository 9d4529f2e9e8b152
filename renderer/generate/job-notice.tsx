import type { ReactNode } from 'react';
import type { ErrorMessage } from '../../app/contracts/errors.js';
import type { Job } from '../../app/contracts/generation.js';
import { NoticeBar } from '../components/notice-bar.js';
import { showAdapter } from '../adapters/browsing.js';
import { useShelf } from '../studio/shelf-store.js';
import { setPreferences } from '../studio/preferences.js';
import { remedyFor } from '../words/errors.js';
import { culpritOf, takeOff, type Culprit } from './adapter-fault.js';
import { generateStore, settingsOf, useGenerate } from './generate-store.js';
import { resumeJob } from './generating.js';

/** What ended a job early, and the button that mends it. */
export function JobNotice({ job, error, width }: { job: Job; error: ErrorMessage; width: number }) {
  const again = { label: job.step > 0 ? `Go on from step ${job.step}` : 'Try again', run: () => resumeJob(job.id) };
  return (
    <div className="job-notice" style={{ width }}>
      <NoticeBar tone="bad" actions={<RemedyButton error={error} of={job.settings} again={again} />}>
        {error.message}
      </NoticeBar>
    </div>
  );
}

interface RemedyButtonProps {
  readonly error: Pick<ErrorMessage, 'kind' | 'file'>;
  /** What was asked for; null: what the draft says now. */
  readonly of: Job['settings'] | null;
  /** How to do it once more. */
  readonly again: { readonly label: string; readonly run: () => void };
}

/** The kind and the file of an error choose the button, never its sentence. */
export function RemedyButton({ error, of, again }: RemedyButtonProps): ReactNode {
  const cards = useShelf((state) => state.cards);
  const byId = useShelf((state) => state.byId);
  const draft = useGenerate((state) => state.draft);
  const there = culpritOf(error, settingsOf(draft), { cards, byId });
  const culprit = there ?? (of && culpritOf(error, of, { cards, byId }));
  if (culprit) {
    const retry = error.kind === 'missing-file' ? again : null;
    return <AdapterRemedy culprit={culprit} isThere={there !== null} again={retry} />;
  }
  const button = (label: string, run: () => void): ReactNode => (
    <button type="button" className="primary" onClick={run}>
      {label}
    </button>
  );
  switch (remedyFor(error.kind)) {
    case 'go-on':
    case 'again':
      return button(again.label, again.run);
    case 'another-model':
      return button('Choose another model', () => generateStore.setState({ modelMenuOpen: true }));
    case 'another-device':
      return button('Choose a device', () => setPreferences({ panel: 'settings' }));
    case 'none':
      return null;
  }
}

interface AdapterRemedyProps {
  readonly culprit: Culprit;
  /** Still on the picture that will be asked for next. */
  readonly isThere: boolean;
  /** Its file is gone and may be back; null for one whose receipt says what is wrong. */
  readonly again: RemedyButtonProps['again'] | null;
}

/** An adapter that cannot run is taken off, or looked at; nothing is wrong with the model. */
function AdapterRemedy({ culprit, isThere, again }: AdapterRemedyProps): ReactNode {
  const { card, rows } = culprit;
  return (
    <>
      {again ? (
        <button type="button" className="quiet outlined" onClick={again.run}>
          {again.label}
        </button>
      ) : card && !card.missing ? (
        <button type="button" className="quiet outlined" onClick={() => showAdapter(card.id)}>
          Open its receipt
        </button>
      ) : null}
      {isThere ? (
        <button type="button" className="primary" onClick={() => takeOff(culprit)}>
          {card || rows.length > 0 ? 'Take it off the picture' : 'Take it out of the prompt'}
        </button>
      ) : null}
    </>
  );
}
