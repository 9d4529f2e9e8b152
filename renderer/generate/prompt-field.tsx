import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import { adapterTags, writeAdapterTag } from '../../app/contracts/adapter-tags.js';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import { prepareAdapters } from '../studio/prepare-adapters.js';
import { useShelf } from '../studio/shelf-store.js';
import { canBeNamed, choicesFor, tagBeingTyped } from './adapter-choice.js';
import { AdapterOptions, MOST_IN_PROMPT, optionId, useChoice } from './adapter-options.js';
import { changeDraft } from './drafting.js';
import { PROMPT_ID } from './focus.js';
import { useGenerate } from './generate-store.js';
import { cardNamed, mixerRow, tagFault } from './mixer.js';
import { editPrompt } from './prompt-editing.js';

/** A tag whose name is being typed: its `<`, the caret, and the name so far. */
interface Typing {
  readonly start: number;
  readonly caret: number;
  readonly name: string;
}

/**
 * The prompt: a plain text area, so that undo and input methods are the platform's own. A layer behind it with the same
 * text paints the ground of its tags; both lie in one box that scrolls, so they can not part.
 */
export function PromptField({ onFocus }: { onFocus: () => void }) {
  const prompt = useGenerate(({ draft }) => draft.prompt);
  const mixer = useGenerate(({ draft }) => draft.mixer);
  const cards = useShelf((state) => state.cards);
  const known = useShelf((state) => state.loaded && (state.problem === null || state.cards.length > 0));
  const list = useId();
  const faultId = useId();
  const mark = useRef<HTMLSpanElement>(null);
  const [typing, setTyping] = useState<Typing | null>(null);
  /** Esc was pressed for the tag that begins here: the list stays away from it. */
  const dismissed = useRef<number | null>(null);

  const tags = useMemo(() => {
    return adapterTags(prompt).map((tag) => {
      const fault = known ? tagFault({ tag, card: cardNamed(cards, tag.name) }) : tag.problem;
      return { ...tag, fault };
    });
  }, [prompt, cards, known]);
  const faults = tags.flatMap(({ fault }) => (fault === null ? [] : [fault]));

  const choices = useMemo(() => (typing ? choicesFor(cards, typing.name).filter(canBeNamed) : []), [cards, typing]);
  const shown = choices.slice(0, MOST_IN_PROMPT);
  const { at, setAt, walk } = useChoice(shown.length, typing?.name ?? '');
  const open = typing !== null && shown.length > 0;

  const look = (field: HTMLTextAreaElement, typed: boolean): void => {
    const { value, selectionStart, selectionEnd } = field;
    const found = selectionStart === selectionEnd ? tagBeingTyped(value, selectionStart) : null;
    if (found === null || found.start !== dismissed.current) dismissed.current = null;
    // Only typing opens it: a caret that merely walks past a "<" is no wish.
    if (found === null || dismissed.current !== null || (!typed && typing === null)) return setTyping(null);
    if (typing === null) prepareAdapters();
    return setTyping({ ...found, caret: selectionStart });
  };
  const choose = ({ name, preferredWeight }: AdapterCard): void => {
    if (!typing) return;
    const weight = preferredWeight ?? 1;
    editPrompt({ start: typing.start, end: typing.caret, text: writeAdapterTag({ name, weight, textWeight: weight }) });
    setTyping(null);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (!open || event.nativeEvent.isComposing) return;
    if (walk(event)) return event.preventDefault();
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    const card = shown[at];
    if (plain && (event.key === 'Enter' || event.key === 'Tab') && card) {
      event.preventDefault();
      choose(card);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      dismissed.current = typing.start;
      setTyping(null);
    }
  };

  return (
    <>
      <div className="prompt-field">
        <div className="prompt prompt-layer" aria-hidden="true">
          <Painted text={prompt} tags={tags} at={typing?.start ?? null} mark={mark} />
        </div>
        <textarea
          id={PROMPT_ID}
          className="prompt"
          data-scope="prompt"
          data-first-focus=""
          aria-label="Prompt"
          aria-invalid={faults.length > 0 || undefined}
          aria-describedby={faults.length > 0 ? faultId : undefined}
          aria-autocomplete="list"
          aria-controls={open ? list : undefined}
          aria-activedescendant={open ? optionId(list, at) : undefined}
          placeholder="Describe a picture"
          rows={2}
          autoFocus
          spellCheck={false}
          autoComplete="off"
          value={prompt}
          onFocus={onFocus}
          onChange={(event) => {
            changeDraft({ prompt: event.currentTarget.value });
            look(event.currentTarget, true);
          }}
          onSelect={(event) => {
            if (typing !== null) look(event.currentTarget, false);
          }}
          onBlur={() => setTyping(null)}
          onKeyDown={onKeyDown}
        />
      </div>
      {faults.length > 0 ? (
        <p className="prompt-fault" id={faultId} role="status">
          {faults[0]}
          {faults.length > 1 ? ` And ${faults.length - 1} more.` : ''}
        </p>
      ) : null}
      {open ? (
        <Completion anchor={mark}>
          <AdapterOptions
            id={list}
            cards={shown}
            more={choices.length - shown.length}
            at={at}
            onPoint={setAt}
            onChoose={choose}
            isOn={(card) => mixerRow({ mixer, prompt }, card.id)?.on ?? false}
          />
        </Completion>
      ) : null}
    </>
  );
}

interface PaintedProps {
  readonly text: string;
  readonly tags: readonly { readonly start: number; readonly end: number; readonly fault: string | null }[];
  /** Where the list of adapters hangs; null while it is closed. */
  readonly at: number | null;
  readonly mark: RefObject<HTMLSpanElement | null>;
}

/** The same letters in the same places, invisible but for what lies under the tags. */
function Painted({ text, tags, at, mark }: PaintedProps) {
  const parts: React.ReactNode[] = [];
  let done = 0;
  const plainTo = (end: number): void => {
    if (at !== null && at >= done && at < end) {
      parts.push(text.slice(done, at), <span key="mark" ref={mark} />, text.slice(at, end));
    } else parts.push(text.slice(done, end));
    done = end;
  };
  for (const { start, end, fault } of tags) {
    plainTo(start);
    parts.push(<TagGround key={start} text={text.slice(start, end)} bad={fault !== null} />);
    done = end;
  }
  plainTo(text.length);
  // A line break at the very end makes a line in a text area, but none in a block.
  return [...parts, '\u200b'];
}

/** Name and figures stand out by their ground alone: other letters would part the lines. */
function TagGround({ text, bad }: { text: string; bad: boolean }) {
  const numbers = text.indexOf(':', text.indexOf(':') + 1);
  if (bad) return <mark className="bad">{text}</mark>;
  if (numbers < 0) return <mark>{text}</mark>;
  return (
    <mark>
      {text.slice(0, numbers + 1)}
      <b>{text.slice(numbers + 1, -1)}</b>
      {text.slice(-1)}
    </mark>
  );
}

const EDGE = 12;

/** Above the `<` that it is for: below it is the window's end. */
function Completion({ anchor, children }: { anchor: RefObject<HTMLElement | null>; children: React.ReactNode }) {
  const popup = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const place = anchor.current?.getBoundingClientRect();
    if (!popup.current || !place) return;
    const { style, offsetWidth } = popup.current;
    style.left = `${Math.max(EDGE, Math.min(place.left, window.innerWidth - offsetWidth - EDGE))}px`;
    style.bottom = `${window.innerHeight - place.top + 4}px`;
    style.maxHeight = `${Math.max(120, place.top - 3 * EDGE)}px`;
  });
  return (
    <div ref={popup} className="adapter-completion float" data-popup="" data-open="">
      {children}
    </div>
  );
}
