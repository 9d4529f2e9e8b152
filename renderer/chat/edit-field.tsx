import type { ReactNode } from 'react';
import type { Turn } from '../../app/contracts/conversations.js';
import { keyLabel } from '../keyboard/keys.js';
import { isMac } from '../studio/studio-store.js';
import { useChat } from './chat-store.js';
import { changeEdit, keepEdit, leaveEdit, sendEdit } from './conversing.js';
import { useWhyNotAnswer } from './why-not-answer.js';

const NOTHING = 'Write something first.';

/** A turn of one's own: Enter sends it, as in the composer. */
export function EditField({ turn }: { turn: Turn }) {
  const text = useEdit(turn);
  const why = useWhyNotAnswer();
  const cannot = text.trim() === '' ? NOTHING : why;
  return (
    <Field
      turn={turn}
      label="Edit what you said"
      note="What you said first stays as a branch."
      onEnter={(shift) => {
        if (!shift) sendEdit(turn.id);
        return !shift;
      }}
    >
      <button
        type="button"
        className="primary small"
        disabled={cannot !== null}
        title={cannot ?? undefined}
        onClick={() => sendEdit(turn.id)}
      >
        Send
      </button>
    </Field>
  );
}

/** An answer: it has lines of its own, so that Enter makes one; with Ctrl it is kept. */
export function EditAnswerField({ turn }: { turn: Turn }) {
  const text = useEdit(turn);
  const why = useWhyNotAnswer();
  const cannotKeep = text.trim() === '' ? NOTHING : null;
  const cannotGoOn = cannotKeep ?? why;
  return (
    <Field
      turn={turn}
      label="Edit the answer"
      note="What it said first stays as a branch."
      onEnter={(_shift, control) => {
        if (control) keepEdit(turn.id, false);
        return control;
      }}
    >
      <button
        type="button"
        className="quiet small outlined"
        disabled={cannotGoOn !== null}
        title={cannotGoOn ?? 'The model writes on from its end'}
        onClick={() => keepEdit(turn.id, true)}
      >
        Keep and go on
      </button>
      <button
        type="button"
        className="primary small"
        disabled={cannotKeep !== null}
        title={cannotKeep ?? undefined}
        onClick={() => keepEdit(turn.id, false)}
      >
        Keep<kbd>{keyLabel('Ctrl+Enter', isMac())}</kbd>
      </button>
    </Field>
  );
}

const useEdit = (turn: Turn): string => useChat(({ edits }) => edits.get(turn.id) ?? turn.text);

interface FieldProps {
  readonly turn: Turn;
  readonly label: string;
  readonly note: string;
  /** Whether the key did something, and is no new line. */
  readonly onEnter: (shift: boolean, control: boolean) => boolean;
  readonly children: ReactNode;
}

function Field({ turn, label, note, onEnter, children }: FieldProps) {
  const text = useEdit(turn);
  return (
    <div className="edit-field">
      <textarea
        autoFocus
        aria-label={label}
        value={text}
        onFocus={(event) => event.currentTarget.setSelectionRange(text.length, text.length)}
        onChange={(event) => changeEdit(turn.id, event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing || event.altKey) return;
          if (event.key === 'Escape') {
            event.preventDefault();
            leaveEdit();
          } else if (event.key === 'Enter' && onEnter(event.shiftKey, event.ctrlKey || event.metaKey)) {
            event.preventDefault();
          }
        }}
      />
      <div className="row">
        <span className="note">{note}</span>
        <span className="push" />
        <button type="button" className="quiet small" onClick={leaveEdit}>
          Cancel<kbd>Esc</kbd>
        </button>
        {children}
      </div>
    </div>
  );
}
