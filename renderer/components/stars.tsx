import type { KeyboardEvent } from 'react';
import Star from 'lucide-react/icons/star';
import { plural } from '../words/numbers.js';
import { Icon } from './icon.js';

const PLACES = [1, 2, 3, 4, 5] as const;

/** A rating to look at; nothing where there is none. */
export function Stars({ rating }: { readonly rating: number }) {
  if (rating === 0) return null;
  return (
    <span className="stars" role="img" aria-label={plural(rating, 'star')}>
      {PLACES.map((place) => (
        <span key={place} className={place <= rating ? 'full' : ''}>
          <Icon of={Star} size={12} />
        </span>
      ))}
    </span>
  );
}

interface StarFieldProps {
  readonly rating: number;
  readonly onRate: (rating: number) => void;
}

/** A rating to set: one tab stop, arrows move, the star that is set takes it away again. */
export function StarField({ rating, onRate }: StarFieldProps) {
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = Math.min(PLACES.length, Math.max(0, rating + by));
    onRate(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-place="${Math.max(1, next)}"]`)?.focus();
  };
  return (
    <div className="stars field-of-stars" role="radiogroup" aria-label="Stars" onKeyDown={move}>
      {PLACES.map((place) => (
        <button
          key={place}
          type="button"
          role="radio"
          data-place={place}
          className={place <= rating ? 'full' : ''}
          aria-checked={place === rating}
          aria-label={plural(place, 'star')}
          tabIndex={place === Math.max(1, rating) ? 0 : -1}
          onClick={() => onRate(place === rating ? 0 : place)}
        >
          <Icon of={Star} />
        </button>
      ))}
    </div>
  );
}
