import type { ReactNode } from 'react';
import type { ErrorMessage } from '../../app/contracts/errors.js';
import type { Job } from '../../app/contracts/generation.js';
import { NoticeBar } from '../components/notice-bar.js';
import { setPreferences } from '../studio/preferences.js';
import { remedyFor } from '../words/errors.js';
import { generateStore } from './generate-store.js';
import { resumeJob } from './generating.js';

/** What ended a job early, and the button that mends it. The kind of the error chooses the button. */
export function JobNotice({ job, error, width }: { job: Job; error: ErrorMessage; width: number }) {
  return (
    <div className="job-notice" style={{ width }}>
      <NoticeBar tone="bad" actions={<Remedy job={job} error={error} />}>
        {error.message}
      </NoticeBar>
    </div>
  );
}

function Remedy({ job, error }: { job: Job; error: ErrorMessage }): ReactNode {
  const goOn = (
    <button type="button" className="primary" onClick={() => resumeJob(job.id)}>
      {job.step > 0 ? `Go on from step ${job.step}` : 'Try again'}
    </button>
  );
  switch (remedyFor(error.kind)) {
    case 'go-on':
    case 'again':
      return goOn;
    case 'another-model':
      return (
        <button type="button" className="primary" onClick={() => generateStore.setState({ modelMenuOpen: true })}>
          Choose another model
        </button>
      );
    case 'another-device':
      return (
        <button type="button" className="primary" onClick={() => setPreferences({ panel: 'settings' })}>
          Choose a device
        </button>
      );
    case 'none':
      return null;
  }
}
