import type { KeyboardEvent } from 'react';
import Search from 'lucide-react/icons/search';
import X from 'lucide-react/icons/x';
import { Icon } from './icon.js';

interface SearchFieldProps {
  readonly id: string;
  /** What screen readers call it. */
  readonly label: string;
  readonly placeholder: string;
  readonly title?: string;
  /** The panel opens with the focus here. */
  readonly firstFocus?: boolean;
  readonly text: string;
  readonly onSearch: (text: string) => void;
  /** Heard before Escape clears the field. */
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

/** The search of a panel: Escape or its button clears it. */
export function SearchField(props: SearchFieldProps) {
  const { id, label, placeholder, title, firstFocus = false, text, onSearch, onKeyDown } = props;
  return (
    <label className="field search">
      <Icon of={Search} />
      <input
        id={id}
        type="search"
        data-first-focus={firstFocus ? '' : undefined}
        placeholder={placeholder}
        title={title}
        aria-label={label}
        spellCheck={false}
        value={text}
        onChange={(event) => onSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          onKeyDown?.(event);
          if (event.key !== 'Escape' || text === '') return;
          event.preventDefault();
          onSearch('');
        }}
      />
      {text === '' ? null : (
        <button type="button" className="clear" aria-label="Clear the search" onClick={() => onSearch('')}>
          <Icon of={X} size={14} />
        </button>
      )}
    </label>
  );
}
