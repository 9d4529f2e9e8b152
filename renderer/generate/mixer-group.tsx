import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import X from 'lucide-react/icons/x';
import { showAdapter } from '../adapters/browsing.js';
import { FitMark } from '../components/fit-mark.js';
import { Icon } from '../components/icon.js';
import { SliderField, type SliderGesture } from '../components/slider-field.js';
import { ariaKeys, keyLabel } from '../keyboard/keys.js';
import { useShelf } from '../studio/shelf-store.js';
import { isMac, modelById, useStudio } from '../studio/studio-store.js';
import { standingOf, standingSentence } from '../words/adapters.js';
import { generateActions } from './actions.js';
import { AdapterMenu } from './adapter-menu.js';
import { focusPromptEnd } from './focus.js';
import { generateStore, useGenerate } from './generate-store.js';
import {
  cannotRun,
  mixerLines,
  moved,
  moveRow,
  removeRow,
  removeTag,
  setRow,
  setTag,
  tagFault,
  turnTagOff,
  type MixerLine,
  type RowLine,
  type Strengths,
  type TagLine,
} from './mixer.js';
import { STRENGTH } from './ranges.js';
import { remakeOnRelease, useLockOffer } from './remaking.js';

/** Adapters on the picture, each with its strengths: rows of its own, and the tags of the prompt. */
export function MixerGroup() {
  const mixer = useGenerate(({ draft }) => draft.mixer);
  const prompt = useGenerate(({ draft }) => draft.prompt);
  const cards = useShelf((state) => state.cards);
  const problem = useShelf((state) => state.problem);
  // Without the shelf nothing can be said of an adapter, least of all that it is gone.
  const known = useShelf((state) => state.loaded && (state.problem === null || state.cards.length > 0));
  const lines = mixerLines({ mixer, prompt }, cards);
  const on = lines.filter((line) => line.from === 'prompt' || line.on);
  return (
    <section className="group mixer" aria-label="Adapters">
      <h2>
        Adapters
        {lines.length > 0 ? (
          <span className="dim num">{known ? onWords(on, lines.length) : `${on.length} of ${lines.length} on`}</span>
        ) : null}
        <AdapterMenu />
      </h2>
      {lines.length === 0 ? (
        <p className="note">None yet. Drop LoRA files anywhere; each gets a receipt before it runs.</p>
      ) : null}
      {lines.length > 0 && !known && problem ? <p className="note">{problem.message}</p> : null}
      {lines.length > 0 && known ? (
        <ul>
          {lines.map((line) =>
            line.from === 'mixer' ? (
              <Row key={line.id} line={line} />
            ) : (
              <TagRow key={`tag-${line.place}-${line.tag.name}`} line={line} />
            ),
          )}
        </ul>
      ) : null}
      {on.length > 0 ? <LockOffer /> : null}
    </section>
  );
}

/** "2 of 3 on", "1 of 3 on, 1 not applied": what cannot run is not on. */
export function onWords(on: readonly (RowLine | TagLine)[], of: number): string {
  const refused = on.filter(cannotRun).length;
  const words = `${on.length - refused} of ${of} on`;
  if (refused === 0) return words;
  return refused === on.length ? `${refused} not applied` : `${words}, ${refused} not applied`;
}

/** A slider draws the picture again only where its seed is kept; said where that is all that is missing. */
function LockOffer() {
  const offered = useLockOffer();
  if (!offered) return null;
  const { lockSeed } = generateActions;
  const [key = ''] = lockSeed.keys;
  return (
    <p className="note lock-offer">
      Lock the seed and a slider draws the picture again when you let go.
      <button
        type="button"
        className="quiet small strong"
        aria-keyshortcuts={ariaKeys(lockSeed.keys, isMac())}
        onClick={lockSeed.run}
      >
        Lock it<kbd>{keyLabel(key, isMac())}</kbd>
      </button>
    </p>
  );
}

type Part = 'model' | 'text';

function Row({ line }: { line: RowLine }) {
  const { id, card, on, strengths } = line;
  const head = useRef<HTMLButtonElement>(null);
  const name = card?.name ?? id;
  const move = (event: KeyboardEvent): void => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const focused = document.activeElement;
    moveRow(id, event.key === 'ArrowUp' ? -1 : 1);
    // A row that changes places in the document loses the focus.
    requestAnimationFrame(() =>
      (focused instanceof HTMLElement && focused.isConnected ? focused : head.current)?.focus(),
    );
  };
  return (
    <Line
      line={line}
      name={name}
      off={!on}
      strengths={strengths}
      fault={card === null ? `${name} is not on the shelf any more.` : null}
      toggle={<Switch on={on} label={name} head={head} onClick={() => setRow(id, { on: !on })} />}
      onHeadKey={move}
      onRemove={() => removeRow(id)}
      onChange={(part, value, { alt }) => {
        // As they are now: a drag outlives what it began with.
        const row = generateStore.getState().draft.mixer.find(({ adapter }) => adapter === id);
        if (row) setRow(id, moved(row, part, value, { alone: alt, hasText: card?.hasText ?? true }));
      }}
      onSettled={remakeOnRelease}
    />
  );
}

/** Tied to its tag: the numbers in the prompt follow when the slider is let go, as one step of the prompt's own undo. */
function TagRow({ line }: { line: TagLine }) {
  const { tag, place, card, strengths } = line;
  const [held, setHeld] = useState<Strengths | null>(null);
  const waiting = useRef<Strengths | null>(null);
  const write = (next: Strengths): void => {
    // Within a blur nothing has the focus, and where it goes is still open: writing moves it, so that waits.
    if (document.activeElement === document.body) setTimeout(() => setTag(place, next));
    else setTag(place, next);
  };
  return (
    <Line
      line={line}
      name={tag.name}
      off={false}
      strengths={held ?? strengths}
      fault={tagFault(line)}
      toggle={
        <Switch on label={tag.name} hint="Off takes the tag out of the prompt" onClick={() => turnTagOff(line)} />
      }
      onRemove={() => removeTag(place)}
      onChange={(part, value, gesture) => {
        const next = moved(strengths, part, value, { alone: gesture.alt, hasText: card?.hasText ?? true });
        if (!gesture.held) return write(next);
        waiting.current = next;
        return setHeld(next);
      }}
      onSettled={() => {
        const next = waiting.current;
        waiting.current = null;
        setHeld(null);
        if (next) write(next);
        setTimeout(remakeOnRelease);
      }}
    />
  );
}

interface LineProps {
  readonly line: MixerLine & { readonly from: 'mixer' | 'prompt' };
  readonly name: string;
  readonly off: boolean;
  readonly strengths: Strengths;
  /** Why it cannot be put on at all. */
  readonly fault: string | null;
  readonly toggle: ReactNode;
  readonly onHeadKey?: (event: KeyboardEvent) => void;
  readonly onRemove: () => void;
  readonly onChange: (part: Part, value: number, gesture: SliderGesture) => void;
  readonly onSettled: () => void;
}

function Line({ line, name, off, strengths, fault, toggle, onHeadKey, onRemove, onChange, onSettled }: LineProps) {
  const { card } = line;
  const model = useStudio(({ models }) => modelById(models, generateStore.getState().draft.model)?.name ?? 'the model');
  const [typedFault, setTypedFault] = useState<string | null>(null);
  const standing = card ? standingOf(card) : 'unknown';
  const sentence = card ? standingSentence(card, model) : null;
  const refused = fault ?? (standing === 'other' || standing === 'unknown' ? sentence : null);
  const note = refused ?? typedFault ?? (standing === 'partial' && !off ? sentence : null);
  return (
    <li className={`mixer-row${off ? ' off' : ''}`}>
      <div className="mixer-head" onKeyDown={onHeadKey}>
        {toggle}
        {card ? (
          <button
            type="button"
            className="mixer-name"
            title={`Open the receipt of ${name}`}
            onClick={() => showAdapter(card.id)}
          >
            {name}
          </button>
        ) : (
          <span className="mixer-name">{name}</span>
        )}
        {line.from === 'prompt' ? <small>in prompt</small> : null}
        <span className="mixer-end match">
          {card ? <FitMark card={card} figures {...(sentence === null ? {} : { title: sentence })} /> : null}
        </span>
        <button
          type="button"
          className="icon-button"
          aria-label={`Take ${name} off the picture`}
          title="Take off the picture"
          onClick={onRemove}
        >
          <Icon of={X} size={14} />
        </button>
      </div>
      {off || fault !== null ? null : (
        <>
          <SliderField
            label="Model"
            name={`${name}: model strength`}
            hint={
              card?.hasText ? 'Text moves along while both are the same; drag with Alt to move Model alone' : undefined
            }
            value={strengths.weight}
            standard={1}
            range={STRENGTH}
            onChange={(value, gesture) => onChange('model', value, gesture)}
            onSettled={onSettled}
            onFault={setTypedFault}
            onEnter={focusPromptEnd}
          />
          {card?.hasText === false ? (
            <p className="mixer-none">
              Text<span className="dim">none in this file</span>
            </p>
          ) : (
            <SliderField
              label="Text"
              name={`${name}: text strength`}
              value={strengths.textWeight}
              standard={1}
              range={STRENGTH}
              onChange={(value, gesture) => onChange('text', value, gesture)}
              onSettled={onSettled}
              onFault={setTypedFault}
              onEnter={focusPromptEnd}
            />
          )}
        </>
      )}
      {note === null ? null : (
        <p className={`mixer-note${refused === null ? '' : ' bad'}`}>
          {note}
          {fault !== null || card?.missing ? (
            <button type="button" className="quiet small strong" onClick={onRemove}>
              Remove
            </button>
          ) : null}
        </p>
      )}
    </li>
  );
}

interface SwitchProps {
  readonly on: boolean;
  readonly label: string;
  readonly hint?: string;
  readonly head?: React.RefObject<HTMLButtonElement | null>;
  readonly onClick: () => void;
}

function Switch({ on, label, hint, head, onClick }: SwitchProps) {
  return (
    <button
      type="button"
      ref={head}
      role="switch"
      aria-checked={on}
      aria-label={`${label} on the picture`}
      title={hint}
      className="switch"
      onClick={onClick}
    />
  );
}
