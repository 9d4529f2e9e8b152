import type { KeyboardEvent, ReactNode } from 'react';

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly id: T; readonly label: ReactNode; readonly name?: string }[];
  readonly onChange: (value: T) => void;
  readonly className?: string;
}

/** A choice of few, all in sight: one tab stop, arrows move. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
  className = 'segments',
}: SegmentsProps<T>) {
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const at = options.findIndex(({ id }) => id === value);
    const next = options[(at + by + options.length) % options.length];
    if (!next) return;
    onChange(next.id);
    event.currentTarget.querySelector<HTMLElement>(`[data-id="${next.id}"]`)?.focus();
  };
  const chosen = options.some(({ id }) => id === value);
  return (
    <div className={className} role="radiogroup" aria-label={label} onKeyDown={move}>
      {options.map(({ id, label: text, name }, index) => (
        <button
          key={id}
          type="button"
          role="radio"
          data-id={id}
          aria-checked={id === value}
          aria-label={name}
          tabIndex={id === value || (!chosen && index === 0) ? 0 : -1}
          className={id === value ? 'on' : ''}
          onClick={() => onChange(id)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
