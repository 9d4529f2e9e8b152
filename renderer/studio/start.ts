import { ask, listen } from '../bridge.js';
import { hearBake, hearCompare } from '../adapters/effects.js';
import { hearChatChanged, watchChatPanel } from '../chat/browsing.js';
import { watchTokenCount } from '../chat/conversing.js';
import { hearAnswerProgress, hearAnswerTokens } from '../chat/live-answer.js';
import { hearEvaluation, hearEvaluationProgress, removeNow, watchEvaluatePanel } from '../evaluate/runs.js';
import { hearScoring } from '../gallery/scoring.js';
import { hearGallery, loadGallery } from '../gallery/browsing.js';
import { watchAdapterFaults } from '../generate/adapter-fault.js';
import { openDraft, settleModel, watchTokens } from '../generate/drafting.js';
import { hearPicture, hearProgress, hearQueue, resumeJob } from '../generate/generating.js';
import { shownNow } from '../generate/selection.js';
import { paintPreviews } from '../generate/preview-painter.js';
import { listenToKeys } from '../keyboard/listen.js';
import { listenToPaste } from '../shell/dropping.js';
import { watchTheme } from '../theme/theme.js';
import type { Notice } from '../../app/contracts/window.js';
import { reportProblem, showToast } from './notices.js';
import { watchAdaptersPanel } from './prepare-adapters.js';
import { hearBinned } from './picture-verbs.js';
import { saveNow } from './preferences.js';
import { addRecent, loadRecent } from './recent-pictures.js';
import { hearShelf, watchShelf } from './shelf-store.js';
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
    'adapters.changed': hearShelf,
    'adapters.effect-progress': hearCompare,
    'adapters.bake-progress': hearBake,
    'chat.changed': hearChatChanged,
    'chat.progress': hearAnswerProgress,
    'chat.tokens': hearAnswerTokens,
    'evaluation.changed': hearEvaluation,
    'evaluation.progress': hearEvaluationProgress,
    'gallery.score-progress': hearScoring,
    'engine.status': (engine) => studioStore.setState({ engine }),
    notice: hearNotice,
  });
  const hello = await ask('studio.hello', {});
  // As a camera does, the studio wakes ready to make a picture, whatever was looked at last.
  studioStore.setState({ ...hello, preferences: { ...hello.preferences, panel: 'generate' }, open: true });
  openDraft();
  watchTokens();
  listenToKeys();
  listenToPaste();
  window.addEventListener('pagehide', saveNow);
  window.addEventListener('pagehide', removeNow);
  loadRecent().catch(reportProblem);
  void loadGallery();
  watchShelf();
  watchAdapterFaults();
  watchAdaptersPanel();
  watchChatPanel();
  watchTokenCount();
  watchEvaluatePanel();
}

const STAGE_FIRST_MS = 200;

function hearNotice({ id, tone, text, action }: Notice): void {
  if (action === null) return showToast({ id, tone, text, action: null });
  switch (action.do) {
    case 'undo-bin':
      return hearBinned(text, action.ids);
    case 'resume-job':
      // Where the stage shows the job, it says so itself; the queue's news may come just after this.
      setTimeout(() => {
        const shown = studioStore.getState().preferences.panel === 'generate' ? shownNow() : null;
        if (shown?.kind === 'job' && shown.job.id === action.jobId) return;
        showToast({ id, tone, text, action: { label: action.label, run: () => resumeJob(action.jobId) } });
      }, STAGE_FIRST_MS);
      return undefined;
  }
}
