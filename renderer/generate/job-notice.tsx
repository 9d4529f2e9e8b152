import type { ReactNode } from 'react';
import type { Job } from '../../app/contracts/generation.js';
import { NoticeBar } from '../components/notice-bar.js';
import { setPreferences } from '../studio/preferences.js';
import { remedyFor } from '../words/errors.js';
import { generateStore } from './generate-store.js';
import { resumeJob } from './generating.js';

/** What ended a job early, and the button that mends it. The kind of the error chooses the button. */
export function JobNotice({ job, width }: { job: Job; width: number }) {
  const words = job.error?.message ?? `Stopped at step ${job.step}. The step is saved.`;
  return (
    <div className="job-notice" style={{ width }}>
      <NoticeBar tone={job.state === 'failed' ? 'bad' : 'info'} actions={<Remedy job={job} />}>
        {words}
      </NoticeBar>
    </div>
  );
}

function Remedy({ job }: { job: Job }): ReactNode {
  const remedy = job.error ? remedyFor(job.error.kind) : 'go-on';
  const goOn = (
    <button type="button" className="primary" onClick={() => resumeJob(job.id)}>
      {job.step > 0 ? `Go on from step ${job.step}` : 'Try again'}
    </button>
  );
  switch (remedy) {
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
