import type { ReactNode } from 'react';
import type { ErrorMessage } from '../../app/contracts/errors.js';
import type { Job } from '../../app/contracts/generation.js';
import { NoticeBar } from '../components/notice-bar.js';
import { setPreferences } from '../studio/preferences.js';
import { remedyFor } from '../words/errors.js';
import { generateStore } from './generate-store.js';
import { resumeJob } from './generating.js';

/** What ended a job early, and the button that mends it. */
export function JobNotice({ job, error, width }: { job: Job; error: ErrorMessage; width: number }) {
  const again = { label: job.step > 0 ? `Go on from step ${job.step}` : 'Try again', run: () => resumeJob(job.id) };
  return (
    <div className="job-notice" style={{ width }}>
      <NoticeBar tone="bad" actions={<RemedyButton kind={error.kind} again={again} />}>
        {error.message}
      </NoticeBar>
    </div>
  );
}

interface RemedyButtonProps {
  readonly kind: ErrorMessage['kind'];
  /** How to do it once more. */
  readonly again: { readonly label: string; readonly run: () => void };
}

/** The kind of an error chooses the button, never its sentence. */
export function RemedyButton({ kind, again }: RemedyButtonProps): ReactNode {
  const button = (label: string, run: () => void): ReactNode => (
    <button type="button" className="primary" onClick={run}>
      {label}
    </button>
  );
  switch (remedyFor(kind)) {
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
