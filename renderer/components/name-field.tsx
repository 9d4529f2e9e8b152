import { useState } from 'react';

interface NameFieldProps {
  /** What the name is of: `Name of the conversation`. */
  readonly label: string;
  readonly value: string;
  readonly maxLength: number;
  /** `name` null: the old one stays. Called again when the field goes, if its owner did not take it away. */
  readonly onDone: (name: string | null) => void;
}

/** Renaming in place: Enter or leaving takes the name, Esc leaves the old one. */
export function NameField({ label, value, maxLength, onDone }: NameFieldProps) {
  const [name, setName] = useState(value);
  return (
    <input
      autoFocus
      type="text"
      aria-label={label}
      maxLength={maxLength}
      value={name}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={() => onDone(name)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        event.preventDefault();
        onDone(event.key === 'Enter' ? name : null);
      }}
    />
  );
}
