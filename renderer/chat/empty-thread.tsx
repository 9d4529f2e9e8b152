import { useStudio, modelById } from '../studio/studio-store.js';
import { useChat } from './chat-store.js';
import { continuesWords } from './chat-words.js';
import { sendText, whyNotAnswer } from './conversing.js';
import { LANGUAGE_MODEL_HINT } from './model-notes.js';

const TRY_STORY = 'Once upon a time';
const TRY_CHAT = 'What can you help me with?';

/** Before anything is said: who will answer, in one sentence, and something to try. */
export function EmptyThread() {
  const id = useChat(({ conversation }) => conversation?.settings.model ?? '');
  const model = useStudio(({ models }) => modelById(models, id));
  const fit = useChat(({ fits }) => fits.get(id));
  const why = useChat(() => whyNotAnswer());
  const columnShown = useChat((state) => state.columnShown);
  const embedded = model?.embedded ?? false;
  const about = fit?.about ?? model?.card?.description ?? null;
  const continues = fit ? !fit.chats : embedded;
  const words = continues ? TRY_STORY : TRY_CHAT;
  return (
    <div className="empty">
      <p className="t24">{continues ? (embedded ? 'Begin a story.' : 'Begin a text.') : 'Say something.'}</p>
      {model === null ? (
        <p className="dim">Choose a language model at the right. Nothing you write leaves this computer.</p>
      ) : (
        <p className="dim empty-about">
          {continues
            ? ((embedded ? about : null) ?? continuesWords(model.name))
            : `${model.name} answers here, on this computer. Nothing you write leaves it.`}
        </p>
      )}
      {model && why === null ? (
        <button type="button" className="try" onClick={() => sendText(words)}>
          <span className="dim">Try</span> {words}
        </button>
      ) : null}
      {continues && !columnShown ? <p className="note empty-hint">{LANGUAGE_MODEL_HINT}</p> : null}
    </div>
  );
}
