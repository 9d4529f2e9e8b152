import { useLayoutEffect, useRef, type MouseEvent } from 'react';
import CornerDownLeft from 'lucide-react/icons/corner-down-left';
import Square from 'lucide-react/icons/square';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import Type from 'lucide-react/icons/type';
import { Icon } from '../components/icon.js';
import { ariaKeys, keyLabel } from '../keyboard/keys.js';
import { isMac } from '../studio/studio-store.js';
import { chatActions } from './actions.js';
import { openConversation } from './browsing.js';
import { answeredElsewhere, draftOf, isAnsweredHere, useChat } from './chat-store.js';
import { answeredElsewhereWords, contextWords } from './chat-words.js';
import { send, stopAnswer, whyNotSend } from './conversing.js';
import { setDraft } from './drafts.js';
import { COMPOSER_ID } from './focus.js';

/** Where one writes. What is written stays with its conversation until it is sent. */
export function Composer() {
  const text = useChat(draftOf);
  const there = useChat(({ conversation }) => conversation !== null);
  const continues = useChat(({ conversation, fits }) => fits.get(conversation?.settings.model ?? '')?.chats === false);
  const words = continues ? 'Write how it begins, or goes on' : 'Write a message';
  return (
    <form
      className="composer"
      aria-label="Message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="composer-paper">
        <textarea
          id={COMPOSER_ID}
          data-scope="composer"
          data-first-focus=""
          aria-label="Message"
          placeholder={words}
          rows={1}
          disabled={!there}
          value={text}
          onChange={(event) => setDraft(event.currentTarget.value)}
        />
        <ContextNotice />
        <div className="composer-row">
          <ProbabilitiesSwitch />
          <span className="push" />
          <ContextCount />
          <SendOrStop />
        </div>
      </div>
      <AnsweredElsewhere />
    </form>
  );
}

/** Why nothing can be sent here, and the way there. */
function AnsweredElsewhere() {
  const id = useChat((state) => answeredElsewhere(state)?.id ?? null);
  const title = useChat((state) => answeredElsewhere(state)?.title ?? null);
  if (id === null) return null;
  return (
    <p className="composer-elsewhere" role="status">
      <span>{answeredElsewhereWords(title)}</span>
      <button type="button" className="quiet small strong" onClick={() => void openConversation(id)}>
        Go there
      </button>
    </p>
  );
}

function ProbabilitiesSwitch() {
  const on = useChat((state) => state.showProbabilities);
  const { keys, label, run } = chatActions.probabilities;
  return (
    <button
      type="button"
      className={`quiet small${on ? ' strong' : ''}`}
      aria-pressed={on}
      aria-keyshortcuts={ariaKeys(keys, isMac())}
      onClick={run}
    >
      <Icon of={Type} />
      {label}
    </button>
  );
}

/** What of the context is used, with the draft. */
function ContextCount() {
  const count = useChat((state) => state.count);
  if (!count) return null;
  return <span className={`composer-count num${count.notice === null ? ' dim' : ' warn'}`}>{contextWords(count)}</span>;
}

/** Said before an answer finds little room or none. */
function ContextNotice() {
  const notice = useChat(({ count }) => count?.notice ?? null);
  return notice === null ? null : (
    <p className="composer-notice" role="status">
      <Icon of={TriangleAlert} size={14} />
      {notice}
    </p>
  );
}

/** Send and Stop share one place: a click this soon after they changed is the second half of a double click. */
const SECOND_CLICK_MS = 600;

function SendOrStop() {
  const running = useChat(isAnsweredHere);
  const why = useChat(() => whyNotSend());
  const changed = useRef({ running, at: -Infinity });
  useLayoutEffect(() => {
    if (changed.current.running !== running) changed.current = { running, at: performance.now() };
  }, [running]);
  // Keys press a button without a pointer, and are always meant.
  const isSecondClick = (event: MouseEvent): boolean =>
    event.detail > 0 && performance.now() - changed.current.at < SECOND_CLICK_MS;
  if (running) {
    return (
      <button
        key="stop"
        type="button"
        className="stopper small"
        onClick={(event) => {
          if (!isSecondClick(event)) stopAnswer();
        }}
      >
        <Icon of={Square} size={14} />
        Stop<kbd>Esc</kbd>
      </button>
    );
  }
  return (
    <button
      key="send"
      type="submit"
      className="primary small"
      disabled={why !== null}
      title={why ?? undefined}
      onClick={(event) => {
        if (isSecondClick(event)) event.preventDefault();
      }}
    >
      Send
      <kbd>
        <span className="read-only">{keyLabel('Enter', isMac())}</span>
        <Icon of={CornerDownLeft} size={14} />
      </kbd>
    </button>
  );
}
