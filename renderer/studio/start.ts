import { ask, listen } from '../bridge.js';
import { hearGallery, loadGallery } from '../gallery/browsing.js';
import { openDraft, settleModel, watchTokens } from '../generate/drafting.js';
import { hearPicture, hearProgress, hearQueue, resumeJob } from '../generate/generating.js';
import { paintPreviews } from '../generate/preview-painter.js';
import { listenToKeys } from '../keyboard/listen.js';
import { listenToPaste } from '../shell/dropping.js';
import { watchTheme } from '../theme/theme.js';
import type { Notice } from '../../app/contracts/window.js';
import { reportProblem, showToast } from './notices.js';
import { hearBinned } from './picture-verbs.js';
import { saveNow } from './preferences.js';
import { addRecent, loadRecent } from './recent-pictures.js';
import { studioStore } from './studio-store.js';

/** Ask main for everything once, then listen. Rejects when the studio does not answer. */
export async function start(): Promise<void> {
  watchTheme();
  paintPreviews();
  listen({
    'queue.changed': (queue) => {
      const before = studioStore.getState().queue;
      studioStore.setState({ queue });
      hearQueue(queue, before);
    },
    'job.progress': hearProgress,
    'gallery.changed': ({ added }) => {
      if (added) {
        addRecent(added);
        hearPicture(added);
      } else void loadRecent().catch(reportProblem);
      hearGallery(added);
    },
    'models.changed': (models) => {
      studioStore.setState({ models });
      settleModel();
    },
    'engine.status': (engine) => studioStore.setState({ engine }),
    notice: hearNotice,
  });
  const hello = await ask('studio.hello', {});
  studioStore.setState({ ...hello, open: true });
  openDraft();
  watchTokens();
  listenToKeys();
  listenToPaste();
  window.addEventListener('pagehide', saveNow);
  loadRecent().catch(reportProblem);
  void loadGallery();
}

function hearNotice({ id, tone, text, action }: Notice): void {
  if (action === null) return showToast({ id, tone, text, action: null });
  switch (action.do) {
    case 'undo-bin':
      return hearBinned(text, action.ids);
    case 'resume-job':
      return showToast({ id, tone, text, action: { label: action.label, run: () => resumeJob(action.jobId) } });
  }
}
