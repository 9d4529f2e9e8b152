import { Popover } from '@base-ui/react/popover';
import { useId, useMemo, useState } from 'react';
import ArrowRight from 'lucide-react/icons/arrow-right';
import Plus from 'lucide-react/icons/plus';
import Search from 'lucide-react/icons/search';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import { Icon } from '../components/icon.js';
import { prepareAdapters } from '../studio/prepare-adapters.js';
import { setPreferences } from '../studio/preferences.js';
import { useShelf } from '../studio/shelf-store.js';
import { say } from '../studio/notices.js';
import { choicesFor } from './adapter-choice.js';
import { AdapterOptions, MOST_IN_MENU, optionId, useChoice } from './adapter-options.js';
import { generateStore, useGenerate } from './generate-store.js';
import { addToMixer, mixerRow } from './mixer.js';

const close = (): void => generateStore.setState({ adapterMenuOpen: false });

/** + in the mixer's heading: the shelf as a list to search, those that fit first. */
export function AdapterMenu() {
  const open = useGenerate((state) => state.adapterMenuOpen);
  return (
    <Popover.Root
      open={open}
      onOpenChange={(next) => {
        generateStore.setState({ adapterMenuOpen: next });
        if (next) prepareAdapters();
      }}
    >
      <Popover.Trigger
        className="icon-button"
        aria-label="Add an adapter (L)"
        title="Add an adapter (L)"
        aria-keyshortcuts="L"
      >
        <Icon of={Plus} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popup-place" side="bottom" align="end" sideOffset={4} collisionPadding={12}>
          <Popover.Popup className="adapter-menu float" aria-label="Add an adapter" data-popup="">
            <Finder />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Finder() {
  const [text, setText] = useState('');
  const id = useId();
  const all = useShelf((state) => state.cards);
  const draft = useGenerate((state) => state.draft);
  const cards = useMemo(() => choicesFor(all, text), [all, text]);
  const shown = cards.slice(0, MOST_IN_MENU);
  const { at, setAt, walk } = useChoice(shown.length + 1, text);
  const add = (card: AdapterCard): void => {
    close();
    addToMixer(card.id);
    say(`${card.name} added to the picture`);
  };
  const openShelf = (): void => {
    close();
    setPreferences({ panel: 'adapters' });
  };
  return (
    <>
      <div className="palette-ask">
        <Icon of={Search} />
        <input
          type="text"
          role="combobox"
          aria-label="Find an adapter"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={optionId(id, at)}
          aria-autocomplete="list"
          placeholder="Find an adapter"
          autoFocus
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (walk(event)) return event.preventDefault();
            if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return undefined;
            event.preventDefault();
            const card = shown[at];
            if (card) add(card);
            else openShelf();
            return undefined;
          }}
        />
        <kbd>Esc</kbd>
      </div>
      {all.length === 0 ? (
        <p className="note padded">None yet. Drop LoRA files anywhere; each gets a receipt before it runs.</p>
      ) : cards.length === 0 ? (
        <p className="note padded">No adapter is called “{text}”.</p>
      ) : null}
      <AdapterOptions
        id={id}
        cards={shown}
        more={cards.length - shown.length}
        at={at}
        onPoint={setAt}
        onChoose={add}
        isOn={(card) => mixerRow(draft, card.id)?.on ?? false}
        last={
          <>
            <span className="adapter-option-name">Open the shelf</span>
            <Icon of={ArrowRight} size={14} />
          </>
        }
        onLast={openShelf}
      />
    </>
  );
}
