import ChevronRight from 'lucide-react/icons/chevron-right';
import { Icon } from '../components/icon.js';
import { firstWords } from '../words/numbers.js';
import { changeSettings } from './browsing.js';
import { chatStore, useChat } from './chat-store.js';

const FIELD_ID = 'chat-system';

/** What the model is told before the first turn. */
export function SystemPrompt() {
  const open = useChat((state) => state.systemOpen);
  const text = useChat(({ conversation }) => conversation?.settings.system ?? '');
  const own = useChat(({ conversation, fits }) => fits.get(conversation?.settings.model ?? '')?.defaultSystem ?? null);
  const continues = useChat(({ conversation, fits }) => fits.get(conversation?.settings.model ?? '')?.chats === false);
  return (
    <>
      <button
        type="button"
        className="more"
        aria-expanded={open}
        onClick={() => chatStore.setState({ systemOpen: !open })}
      >
        <Icon of={ChevronRight} />
        System prompt
        <span className={`system-first ${text === '' ? 'dim' : 'moved'}`}>
          {text === '' ? (own === null ? 'none' : 'the model’s own') : firstWords(text.replace(/\s+/g, ' '), 60)}
        </span>
      </button>
      {open ? (
        <div className="group">
          <textarea
            id={FIELD_ID}
            className="system-field"
            aria-label="System prompt"
            placeholder="How it should answer, and what it should know"
            maxLength={200_000}
            value={text}
            onChange={(event) => changeSettings({ system: event.currentTarget.value })}
          />
          {own === null ? null : (
            <p className="note own-system">
              {text === '' ? 'This model’s own' : 'In place of this model’s own'}: “{own}”
            </p>
          )}
          {continues ? (
            <p className="note">This model has no place for it: the text is put before what you write.</p>
          ) : null}
        </div>
      ) : null}
    </>
  );
}
