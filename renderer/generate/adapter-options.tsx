import { useEffect, useState, type KeyboardEvent, type ReactNode } from 'react';
import Check from 'lucide-react/icons/check';
import Layers from 'lucide-react/icons/layers';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import { adapterPreviewUrl } from '../../app/contracts/window.js';
import { FitMark } from '../components/fit-mark.js';
import { Icon } from '../components/icon.js';
import { useShelf } from '../studio/shelf-store.js';
import { modelById, useStudio } from '../studio/studio-store.js';
import { madeFor, standingOf } from '../words/adapters.js';
import { foldersOfNamesakes } from '../words/namesakes.js';
import { count } from '../words/numbers.js';
import { useGenerate } from './generate-store.js';

/** Of thousands, the best; the others come by typing on. */
export const MOST_IN_MENU = 60;
/** As many as need no scrolling. */
export const MOST_IN_PROMPT = 8;

/** A list that arrows walk while the focus stays in a text field. */
export function useChoice(length: number, of: string) {
  const [place, setPlace] = useState({ of, at: 0 });
  // Another list begins at its top.
  const at = place.of === of ? Math.min(place.at, Math.max(0, length - 1)) : 0;
  return {
    at,
    setAt: (next: number): void => setPlace({ of, at: next }),
    /** True when the key was one of the list's. */
    walk: ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean => {
      if (ctrlKey || metaKey || altKey || shiftKey || length === 0) return false;
      if (key !== 'ArrowDown' && key !== 'ArrowUp') return false;
      setPlace({ of, at: (at + (key === 'ArrowDown' ? 1 : length - 1)) % length });
      return true;
    },
  };
}

export const optionId = (list: string, at: number): string => `${list}-${at}`;

interface AdapterOptionsProps {
  readonly id: string;
  readonly cards: readonly AdapterCard[];
  /** How many more there are. */
  readonly more: number;
  readonly at: number;
  readonly onPoint: (at: number) => void;
  readonly onChoose: (card: AdapterCard) => void;
  /** Those that are on the picture already. */
  readonly isOn: (card: AdapterCard) => boolean;
  /** One more option at the end. */
  readonly last?: ReactNode;
  readonly onLast?: () => void;
}

/** Adapters to choose from, each with its mark; of another base they are dimmed, but can be chosen. */
export function AdapterOptions({ id, cards, more, at, onPoint, onChoose, isOn, last, onLast }: AdapterOptionsProps) {
  const chosen = useGenerate(({ draft }) => draft.model);
  const model = useStudio(({ models }) => modelById(models, chosen)?.name ?? '');
  const folderOf = foldersOfNamesakes(useShelf((state) => state.cards));
  useEffect(() => {
    document.getElementById(optionId(id, at))?.scrollIntoView({ block: 'nearest' });
  }, [id, at]);
  return (
    <div
      id={id}
      role="listbox"
      aria-label="Adapters"
      className="adapter-options"
      // The focus stays in the text field.
      onMouseDown={(event) => event.preventDefault()}
    >
      {cards.map((card, index) => (
        <div
          key={card.id}
          id={optionId(id, index)}
          role="option"
          aria-selected={index === at}
          className={`adapter-option${standingOf(card) === 'other' || card.problem !== null ? ' dimmed' : ''}`}
          onPointerMove={() => {
            if (index !== at) onPoint(index);
          }}
          onClick={() => onChoose(card)}
        >
          <Face card={card} />
          <span className="adapter-option-name" title={card.path}>
            {card.name}
            {folderOf(card) === null ? null : <span className="dim"> in {folderOf(card)}</span>}
          </span>
          {isOn(card) ? (
            <span className="match">
              <Icon of={Check} size={14} />
              <span className="read-only">on the picture</span>
            </span>
          ) : null}
          <span className="badge">{madeFor(card, model)}</span>
          <FitMark card={card} figures />
        </div>
      ))}
      {more > 0 ? <p className="note more-options">And {count(more)} more: type a part of the name.</p> : null}
      {last === undefined ? null : (
        <div
          id={optionId(id, cards.length)}
          role="option"
          aria-selected={at === cards.length}
          className="adapter-option last"
          onPointerMove={() => {
            if (at !== cards.length) onPoint(cards.length);
          }}
          onClick={onLast}
        >
          {last}
        </div>
      )}
    </div>
  );
}

function Face({ card: { id, preview } }: { card: AdapterCard }) {
  return preview === null ? (
    <span className="adapter-face">
      <Icon of={Layers} size={14} />
    </span>
  ) : (
    <img className="adapter-face" src={adapterPreviewUrl(id, preview)} alt="" decoding="async" />
  );
}
