import { useEffect, useEffectEvent, useRef, useState } from 'react';
import X from 'lucide-react/icons/x';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import { Icon } from '../components/icon.js';
import { TAG_ID } from './actions.js';
import { addTag, removeTag, saveNote } from './verbs.js';

/** What a person writes about an adapter, and what its maker wrote. All of it is text, whatever it looks like. */

const LONGEST_TAG = 80;

export function TagField({ card }: { card: AdapterCard }) {
  const [typed, setTyped] = useState('');
  return (
    <div className="group">
      <h2>Tags</h2>
      <div className="tags">
        {card.tags.map((tag) => (
          <span key={tag} className="chip own">
            <span>{tag}</span>
            <button type="button" aria-label={`Remove the tag ${tag}`} onClick={() => removeTag(card, tag)}>
              <Icon of={X} size={12} />
            </button>
          </span>
        ))}
        <input
          id={TAG_ID}
          type="text"
          className="new-tag"
          placeholder="Add a tag"
          aria-label="Add a tag"
          maxLength={LONGEST_TAG}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== ',') return;
            event.preventDefault();
            addTag(card, typed);
            setTyped('');
          }}
        />
      </div>
    </div>
  );
}

const LONGEST_NOTE = 20_000;
const SAVE_AFTER_MS = 500;

/** Saved as it is typed, and when it leaves the screen. What is being typed is never replaced by an older answer. */
export function NoteField({ card }: { card: AdapterCard }) {
  const [typed, setTyped] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const saveNow = (): void => {
    if (timer.current === null) return;
    clearTimeout(timer.current);
    timer.current = null;
    if (typed !== null) saveNote(card.id, typed);
  };
  const saveAtEnd = useEffectEvent(saveNow);
  useEffect(() => () => saveAtEnd(), []);
  const saveLater = useEffectEvent(saveNow);
  useEffect(() => {
    if (typed === null) return;
    if (timer.current) clearTimeout(timer.current);
    timer.current = setTimeout(() => saveLater(), SAVE_AFTER_MS);
  }, [typed]);
  return (
    <div className="group">
      <h2 id="adapter-note">Note</h2>
      <textarea
        className="note-field"
        aria-labelledby="adapter-note"
        placeholder="What you want to remember about it"
        rows={2}
        maxLength={LONGEST_NOTE}
        value={typed ?? card.note}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => {
          saveNow();
          setTyped(null);
        }}
      />
    </div>
  );
}

/** Longer ones are folded. */
const SHORT = { characters: 400, lines: 6 };

export function Description({ card: { description } }: { card: AdapterCard }) {
  const [open, setOpen] = useState(false);
  if (description === null || description.trim() === '') return null;
  const long = description.length > SHORT.characters || description.split('\n').length > SHORT.lines;
  return (
    <div className="group">
      <h2>What its maker says</h2>
      <p className={`said their-words${long && !open ? ' folded' : ''}`}>{description}</p>
      {long ? (
        <button
          type="button"
          className="quiet small outlined show-all"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? 'Show less' : 'Show all'}
        </button>
      ) : null}
    </div>
  );
}
