import Cpu from 'lucide-react/icons/cpu';
import WifiOff from 'lucide-react/icons/wifi-off';
import { AnsweringStatus } from '../chat/answering-status.js';
import { useChat } from '../chat/chat-store.js';
import { Icon } from '../components/icon.js';
import { runningRun, useEvaluate } from '../evaluate/evaluate-store.js';
import { EvaluatingStatus } from '../evaluate/evaluating-status.js';
import { ScoringStatus } from '../gallery/scoring-status.js';
import { phaseWords, timeLeft } from '../generate/progress-words.js';
import { useGenerate } from '../generate/generate-store.js';
import { lastProgress, useProgress } from '../studio/progress.js';
import { modelById, queueWords, useStudio } from '../studio/studio-store.js';
import { bytes, duration } from '../words/numbers.js';

/** Where it runs, what it holds, what it does now, and that nothing leaves. */
export function StatusBar() {
  const device = useStudio(({ engine }) => engine.device);
  const memory = useStudio(({ engine }) => engine.memory);
  const waiting = useStudio(({ queue }) => queueWords(queue));
  const secondsLeft = useStudio(({ queue }) => queue.secondsLeft);
  return (
    <footer className="status-bar" data-region="status-bar" aria-label="Status" tabIndex={-1}>
      <span className="status">
        <Icon of={Cpu} size={14} />
        {device ? `${device.name} · ${device.id}` : 'Looking for the device'}
        {device && !device.proven ? <span className="badge">unproven</span> : null}
      </span>
      {memory.total > 0 ? (
        <span className="status num memory">
          <span className="meter" aria-hidden="true">
            <i style={{ width: `${(memory.engine / memory.total) * 100}%` }} />
          </span>
          {bytes(memory.engine)} used, {bytes(memory.free)} free
        </span>
      ) : null}
      <Work />
      <ScoringStatus />
      <span className="push" />
      {waiting !== '' ? (
        <span className="status num">
          {waiting}
          {secondsLeft === null ? '' : `, ${duration(secondsLeft)}`}
        </span>
      ) : null}
      <span className="status">
        <Icon of={WifiOff} size={14} />
        Network off
      </span>
    </footer>
  );
}

const states: Record<string, string> = {
  starting: 'The engine starts',
  ready: 'Ready',
  busy: 'Working',
  restarting: 'The engine starts again',
  failed: 'The engine does not start',
};

function Work() {
  const engine = useStudio((state) => state.engine.state);
  const live = useGenerate((state) => state.live);
  const answering = useChat(({ running }) => running !== null) && !live;
  const evaluating = useEvaluate(({ runs }) => runningRun(runs) !== null) && !live && !answering;
  const job = useStudio(({ queue }) => queue.jobs.find(({ id }) => id === live?.jobId));
  const modelName = useStudio(({ models }) => modelById(models, job?.settings.model ?? '')?.name ?? 'the model');
  const words = (): string => {
    const progress = lastProgress();
    if (!progress || !live) return states[engine] ?? 'Ready';
    const left = timeLeft(progress);
    const which = job && job.count > 1 ? `Picture ${progress.picture + 1} of ${job.count} · ` : '';
    const what = phaseWords(progress, modelName, (Date.now() - live.since) / 1000);
    return `${which}${which === '' ? what : what.charAt(0).toLowerCase() + what.slice(1)}${left === '' ? '' : ` · ${left}`}`;
  };
  const text = useProgress<HTMLSpanElement>((element) => (element.textContent = words()));
  const tone =
    live || answering || evaluating
      ? 'busy'
      : engine === 'ready' || engine === 'busy'
        ? 'idle'
        : engine === 'failed'
          ? 'bad'
          : 'wait';
  return (
    <span className="status job num">
      <span className={`dot ${tone}`} aria-hidden="true" />
      {answering ? <AnsweringStatus /> : evaluating ? <EvaluatingStatus /> : <span ref={text}>{words()}</span>}
    </span>
  );
}
