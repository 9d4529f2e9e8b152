import { Menu } from '@base-ui/react/menu';
import { useState } from 'react';
import ChevronDown from 'lucide-react/icons/chevron-down';
import type { ChatPreset } from '../../app/contracts/conversations.js';
import { Icon } from '../components/icon.js';
import { firstWords } from '../words/numbers.js';
import { changeSettings } from './browsing.js';
import { useChat } from './chat-store.js';
import { deletePreset, keepPreset, namesake, presetOf, renamePreset, takePreset, whyNotName } from './own-presets.js';
import { PRESETS } from './presets.js';

/** What is being named: what the conversation answers by now, or a preset that is there. */
type Naming = { readonly kind: 'keep' } | { readonly kind: 'rename'; readonly preset: ChatPreset };

/** Ways of answering: the studio's, which are system prompts, and one's own, which are sampling too. */
export function PresetGroup() {
  const settings = useChat(({ conversation }) => conversation?.settings ?? null);
  const presets = useChat((state) => state.presets);
  const [naming, setNaming] = useState<Naming | null>(null);
  if (!settings) return null;
  const own = presetOf(presets, settings);
  const studios = PRESETS.find(({ text }) => text === settings.system);
  return (
    <div className="group preset-group">
      <Menu.Root modal={false}>
        <Menu.Trigger className="quiet outlined presets">
          <span className="dim">Preset</span>
          <b>{own?.name ?? studios?.name ?? 'Your own words'}</b>
          <Icon of={ChevronDown} size={14} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="popup-place" sideOffset={4} align="start" collisionPadding={8}>
            <Menu.Popup className="menu presets-menu" data-popup="">
              {PRESETS.map(({ name, text }) => (
                <PresetItem
                  key={name}
                  name={name}
                  words={text === '' ? 'The model as it comes' : text}
                  take={() => changeSettings({ system: text })}
                />
              ))}
              {presets.length > 0 ? <Menu.Separator className="menu-rule" /> : null}
              {presets.map((preset) => (
                <PresetItem
                  key={preset.id}
                  name={preset.name}
                  words={wordsOf(preset)}
                  take={() => takePreset(preset)}
                />
              ))}
              <Menu.Separator className="menu-rule" />
              <Menu.Item className="menu-item" onClick={() => setNaming({ kind: 'keep' })}>
                Keep this as a preset…
              </Menu.Item>
              {own ? (
                <>
                  <Menu.Item className="menu-item" onClick={() => setNaming({ kind: 'rename', preset: own })}>
                    Rename “{own.name}”…
                  </Menu.Item>
                  <Menu.Item className="menu-item" onClick={() => deletePreset(own)}>
                    Delete “{own.name}”
                  </Menu.Item>
                </>
              ) : null}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {naming ? <NameField naming={naming} done={() => setNaming(null)} /> : null}
    </div>
  );
}

function PresetItem({ name, words, take }: { name: string; words: string; take: () => void }) {
  return (
    <Menu.Item className="menu-item two-line" onClick={take}>
      <span className="model-words">
        <b>{name}</b>
        <small>{words}</small>
      </span>
    </Menu.Item>
  );
}

/** "Temperature 0.70 · Answer in one or two sentences." */
const wordsOf = ({ system, sampling }: ChatPreset): string =>
  [`Temperature ${sampling.temperature.toFixed(2)}`, firstWords(system.replace(/\s+/g, ' '), 80)]
    .filter((part) => part !== '')
    .join(' · ');

/** In place: Enter keeps it, Esc leaves it. */
function NameField({ naming, done }: { naming: Naming; done: () => void }) {
  const presets = useChat((state) => state.presets);
  const renamed = naming.kind === 'rename' ? naming.preset : null;
  const [name, setName] = useState(renamed?.name ?? '');
  const why = whyNotName(presets, name, renamed?.id ?? null);
  const replaces = renamed === null && namesake(presets, name, null) !== undefined;
  const keep = (): void => {
    if (why !== null) return;
    if (renamed) renamePreset(renamed, name);
    else keepPreset(name);
    done();
  };
  return (
    <form
      className="preset-name"
      aria-label="Name of the preset"
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
    >
      <label className="field">
        <span>Name</span>
        <input
          autoFocus
          type="text"
          aria-label="Name of the preset"
          maxLength={60}
          value={name}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setName(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            done();
          }}
        />
      </label>
      <div className="row">
        <span className="note">{why ?? (replaces ? 'In place of the one of this name' : '')}</span>
        <span className="push" />
        <button type="button" className="quiet small" onClick={done}>
          Cancel
        </button>
        <button type="submit" className="primary small" disabled={why !== null} title={why ?? undefined}>
          {renamed ? 'Rename' : replaces ? 'Replace' : 'Keep'}
        </button>
      </div>
    </form>
  );
}
