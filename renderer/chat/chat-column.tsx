import CircleCheck from 'lucide-react/icons/circle-check';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import { Icon } from '../components/icon.js';
import { modelById, useStudio } from '../studio/studio-store.js';
import { useChat } from './chat-store.js';
import { continuesWords, firstTokenWords, fitDetail, fitWords, rateFigure } from './chat-words.js';
import { LanguageModelMenu } from './language-model-menu.js';
import { useLive } from './live-answer.js';
import { LANGUAGE_MODEL_HINT } from './model-notes.js';
import { PresetGroup } from './preset-group.js';
import { SamplingGroup } from './sampling-group.js';
import { SystemPrompt } from './system-prompt.js';
import { TINTS } from './token-looks.js';
import { wayTo } from './turns-tree.js';

/** Who answers, whether it fits, how fast it is, and how its words are chosen. Every control has one place for ever. */
export function ChatColumn() {
  return (
    <aside className="column chat-column" aria-label="How it answers" data-region="inspector" tabIndex={-1}>
      <div className="group">
        <LanguageModelMenu />
        <Fit />
        <Speed />
        <About />
      </div>
      <PresetGroup />
      <SystemPrompt />
      <SamplingGroup />
      <Legend />
    </aside>
  );
}

/** Said before it starts. */
function Fit() {
  const id = useChat(({ conversation }) => conversation?.settings.model ?? '');
  const fit = useChat(({ fits }) => fits.get(id));
  const problem = useChat(({ fitProblem }) => (fitProblem?.model === id ? fitProblem.error.message : null));
  if (problem !== null) return <p className="match bad fit-line">{problem}</p>;
  if (!fit) return <p className="match fit-line">&nbsp;</p>;
  return (
    <p className={`match fit-line num ${fit.fits ? 'ok' : 'warn'}`} title={fitDetail(fit)}>
      <Icon of={fit.fits ? CircleCheck : TriangleAlert} size={14} />
      {fitWords(fit)}
    </p>
  );
}

/** Of the answer that is being written, else of the last one that is shown; another model's figures are not this one's. */
function Speed() {
  const conversation = useChat((state) => state.conversation);
  const model = conversation?.settings.model;
  const liveRate = useLive((live) => {
    const turn = live && conversation?.turns.find(({ id }) => id === live.turn);
    return turn?.answer?.model.id === model ? (live?.tokensPerSecond ?? null) : null;
  });
  const last = conversation
    ? wayTo(conversation.turns, conversation.shown).findLast(({ answer }) => answer && answer.completionTokens > 0)
    : undefined;
  const answer = last?.answer?.model.id === model ? (last?.answer ?? null) : null;
  const rate = liveRate ?? answer?.tokensPerSecond ?? null;
  return (
    <dl className="speed num">
      <div>
        <dd>{rate === null ? '–' : rateFigure(rate)}</dd>
        <dt>tokens a second</dt>
      </div>
      <div>
        <dd>{firstTokenWords(answer?.seconds.firstToken ?? null)}</dd>
        <dt>to the first</dt>
      </div>
    </dl>
  );
}

/** What the model is and what it is not; what to get instead where it does not chat. */
function About() {
  const id = useChat(({ conversation }) => conversation?.settings.model ?? '');
  const model = useStudio(({ models }) => modelById(models, id));
  const fit = useChat(({ fits }) => fits.get(id));
  const about = fit?.about ?? model?.card?.description ?? null;
  return (
    <>
      {about === null ? null : <p className="note">{about}</p>}
      {fit && !fit.chats ? (
        <>
          {model?.embedded && about !== null ? null : (
            <p className="note">{continuesWords(model?.name ?? 'This model')}</p>
          )}
          <p className="note">{LANGUAGE_MODEL_HINT}</p>
        </>
      ) : null}
      {[...(fit?.notices ?? []), ...(model?.notices ?? [])].map((text) => (
        <p key={text} className="note">
          {text}
        </p>
      ))}
    </>
  );
}

/** What the tints mean, while there are any. */
function Legend() {
  const shown = useChat((state) => state.showProbabilities);
  if (!shown) return null;
  return (
    <div className="group">
      <h2>Probability of a token</h2>
      <div className="ramp num">
        {TINTS.map(({ name, words }) => (
          <span key={name}>
            <i className={`tok ${name}`}>word</i>
            {words}
          </span>
        ))}
      </div>
      <p className="note">Click a token, or walk with the arrow keys, to see what else it could have been.</p>
    </div>
  );
}
