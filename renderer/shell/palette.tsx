import { Dialog } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import { useState } from 'react';
import Box from 'lucide-react/icons/box';
import MessageSquare from 'lucide-react/icons/message-square';
import Layers from 'lucide-react/icons/layers';
import Search from 'lucide-react/icons/search';
import SlidersHorizontal from 'lucide-react/icons/sliders-horizontal';
import Zap from 'lucide-react/icons/chevron-right';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { thumbnailUrl } from '../../app/contracts/window.js';
import { chatWith } from '../chat/model-choice.js';
import { languageModels } from '../chat/model-fit.js';
import { FitMark } from '../components/fit-mark.js';
import { Icon } from '../components/icon.js';
import { choicesFor, otherNames } from '../generate/adapter-choice.js';
import { changeDraft, chooseModel } from '../generate/drafting.js';
import { addToMixer } from '../generate/mixer.js';
import { select } from '../generate/selection.js';
import type { Action } from '../keyboard/action.js';
import { allActions } from '../keyboard/all-actions.js';
import { keyLabel } from '../keyboard/keys.js';
import { useRecent } from '../studio/recent-pictures.js';
import { useShelf } from '../studio/shelf-store.js';
import { isMac, pictureModels, studioStore, useStudio } from '../studio/studio-store.js';
import { openPanel } from './actions.js';
import { rank } from './palette-rank.js';
import { asPanel, shellStore, useShell } from './shell-store.js';

const PICTURES_SHOWN = 6;
const ADAPTERS_SHOWN = 8;

/** Find and run anything; what cannot be done now is not offered. */
export function Palette() {
  const palette = useShell((state) => state.palette);
  const close = (): void => shellStore.setState({ palette: 'closed' });
  return (
    <Dialog.Root open={palette !== 'closed'} onOpenChange={(open) => (open ? undefined : close())} modal>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="palette float" aria-label="Commands" data-popup="">
          <PaletteList onlyPanel={palette === 'panel'} close={close} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteList({ onlyPanel, close }: { onlyPanel: boolean; close: () => void }) {
  const [text, setText] = useState('');
  const panel = useStudio(({ preferences }) => asPanel(preferences.panel));
  const models = useStudio((state) => (pictureModels(state.models).length > 0 ? state.models : state.models));
  const pictures = useRecent((state) => state.pictures);
  const mac = isMac();
  const actions = allActions.filter((action) => offered(action, panel, onlyPanel));
  const wanted = text.trim();
  const found = wanted === '' ? [] : bestPictures(pictures, wanted);
  const { samplers, schedules } = useStudio((state) => state.capabilities);
  const choices =
    wanted === '' || (onlyPanel && panel !== 'generate')
      ? []
      : [
          ...samplers.map(({ id, label }) => ({ name: `Sampler: ${label}`, change: { sampler: id } })),
          ...schedules.map(({ id, label }) => ({ name: `Schedule: ${label}`, change: { schedule: id } })),
        ];
  const shelf = useShelf((state) => state.cards);
  const adapters =
    wanted === '' || (onlyPanel && panel !== 'generate')
      ? []
      : choicesFor(shelf, wanted, (text, card) =>
          bestRank(text, [card.name, addWords(card), ...otherNames(card)]),
        ).slice(0, ADAPTERS_SHOWN);
  const run = (what: () => void) => (): void => {
    close();
    // After the palette has given the focus back, so that what runs may move it.
    requestAnimationFrame(what);
  };
  return (
    <Command label="Commands" loop filter={(_value, query, names) => bestRank(query, names)}>
      <div className="palette-ask">
        <Icon of={Search} />
        <Command.Input
          autoFocus
          value={text}
          onValueChange={setText}
          placeholder={onlyPanel ? 'Find in this panel' : 'Find a picture, model or command'}
          aria-label="Find"
        />
        <kbd>Esc</kbd>
      </div>
      <Command.List className="palette-list">
        <Command.Empty className="note padded">Nothing is called “{text}”.</Command.Empty>
        <Command.Group heading="Commands">
          {actions.map((action) => (
            <Command.Item
              key={action.id}
              value={action.id}
              keywords={[action.label]}
              className="option"
              onSelect={run(() => action.run?.())}
            >
              <Icon of={Zap} />
              <span>{action.label}</span>
              {action.keys?.[0] === undefined ? null : <kbd>{keyLabel(action.keys[0], mac)}</kbd>}
            </Command.Item>
          ))}
        </Command.Group>
        {onlyPanel ? null : (
          <Command.Group heading="Models">
            {pictureModels(models)
              .filter(({ missing }) => !missing)
              .map(({ id, name }) => (
                <Command.Item
                  key={id}
                  value={`model ${id}`}
                  keywords={[name, `Use ${name}`, `Model: ${name}`]}
                  className="option"
                  onSelect={run(() => {
                    chooseModel(id);
                    openPanel('generate');
                  })}
                >
                  <Icon of={Box} />
                  <span>Use {name}</span>
                </Command.Item>
              ))}
            {languageModels(models)
              .filter(({ missing }) => !missing)
              .map((model) => (
                <Command.Item
                  key={model.id}
                  value={`model ${model.id}`}
                  keywords={[model.name, `Chat with ${model.name}`, `Model: ${model.name}`]}
                  className="option"
                  onSelect={run(() => {
                    openPanel('chat');
                    chatWith(model);
                  })}
                >
                  <Icon of={MessageSquare} />
                  <span>Chat with {model.name}</span>
                </Command.Item>
              ))}
          </Command.Group>
        )}
        {adapters.length === 0 ? null : (
          <Command.Group heading="Adapters">
            {adapters.map((card) => (
              <Command.Item
                key={card.id}
                value={`adapter ${card.id}`}
                keywords={[card.name, addWords(card), ...otherNames(card)]}
                className="option"
                onSelect={run(() => {
                  addToMixer(card.id);
                  openPanel('generate');
                })}
              >
                <Icon of={Layers} />
                <span>{addWords(card)}</span>
                <FitMark card={card} />
              </Command.Item>
            ))}
          </Command.Group>
        )}
        {choices.length === 0 ? null : (
          <Command.Group heading="Settings of the picture">
            {choices.map(({ name, change }) => (
              <Command.Item
                key={name}
                value={name}
                keywords={[name, name.slice(name.indexOf(':') + 2)]}
                className="option"
                onSelect={run(() => {
                  changeDraft(change);
                  openPanel('generate');
                })}
              >
                <Icon of={SlidersHorizontal} />
                <span>{name}</span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
        {onlyPanel || found.length === 0 ? null : (
          <Command.Group heading="Pictures">
            {found.map(({ id, title }) => (
              <Command.Item
                key={id}
                value={`picture ${id}`}
                keywords={[title]}
                className="option"
                onSelect={run(() => {
                  select({ kind: 'picture', id });
                  openPanel('generate');
                })}
              >
                <img src={thumbnailUrl(id)} alt="" />
                <span>{title}</span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
      </Command.List>
    </Command>
  );
}

const addWords = ({ name }: AdapterCard): string => `Add ${name} to the picture`;

const bestRank = (query: string, names: readonly string[] = []): number =>
  Math.max(0, ...names.map((name) => rank(query, name)));

/** Best first; among equals the newest, as they come. */
const bestPictures = (pictures: readonly PictureSummary[], wanted: string): PictureSummary[] =>
  pictures
    .map((picture) => ({ picture, fit: rank(wanted, picture.title) }))
    .filter(({ fit }) => fit > 0)
    .toSorted((a, b) => b.fit - a.fit)
    .slice(0, PICTURES_SHOWN)
    .map(({ picture }) => picture);

function offered(action: Action, panel: string, onlyPanel: boolean): boolean {
  if (!action.run || action.inPalette === false) return false;
  if (action.unavailable?.()) return false;
  // The prompt's keys belong to the Generate panel; other panels' own verbs would act out of sight.
  const scope = action.scope === 'prompt' ? 'generate' : action.scope === 'composer' ? 'chat' : action.scope;
  if (onlyPanel) return scope === panel;
  if (action.id === 'generate.generate') return false;
  return scope === 'anywhere' || scope === panel || scope === studioStore.getState().preferences.panel;
}
