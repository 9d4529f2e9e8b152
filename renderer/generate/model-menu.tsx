import { Menu } from '@base-ui/react/menu';
import Box from 'lucide-react/icons/box';
import Check from 'lucide-react/icons/check';
import ChevronDown from 'lucide-react/icons/chevron-down';
import FolderPlus from 'lucide-react/icons/folder-plus';
import type { Model } from '../../app/contracts/models.js';
import { Icon } from '../components/icon.js';
import { modelById, pictureModels, useStudio } from '../studio/studio-store.js';
import { bytes } from '../words/numbers.js';
import { chooseModel, chooseModelFolder } from './drafting.js';
import { generateStore, useGenerate } from './generate-store.js';

/** The model in use, in two lines; the list of the library, and the door for one's own. */
export function ModelMenu() {
  const models = useStudio((state) => state.models);
  const chosen = useGenerate(({ draft }) => draft.model);
  const open = useGenerate((state) => state.modelMenuOpen);
  const model = modelById(models, chosen);
  const usable = pictureModels(models);
  return (
    <Menu.Root open={open} onOpenChange={(next) => generateStore.setState({ modelMenuOpen: next })} modal={false}>
      <Menu.Trigger className="model" aria-keyshortcuts="M">
        <span className="read-only">Model:</span>
        <span className="glyph">
          <Icon of={Box} size={20} />
        </span>
        <span className="model-words">
          <b>{model?.name ?? 'No model'}</b>
          <small>{model ? lineOf(model) : 'Add a model folder'}</small>
        </span>
        <Icon of={ChevronDown} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popup-place" sideOffset={4} align="start">
          <Menu.Popup className="menu models-menu" data-popup="">
            <Menu.RadioGroup value={chosen} onValueChange={(id: string) => chooseModel(id)}>
              {usable.map((entry) => (
                <Menu.RadioItem
                  key={entry.id}
                  value={entry.id}
                  className="menu-item two-line"
                  disabled={entry.missing}
                  closeOnClick
                  label={entry.name}
                >
                  <span className="model-words">
                    <b>{entry.name}</b>
                    <small>{entry.missing ? `Not found: ${entry.path}` : lineOf(entry)}</small>
                  </span>
                  <Menu.RadioItemIndicator className="menu-check">
                    <Icon of={Check} />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            {usable.length > 0 ? <Menu.Separator className="menu-rule" /> : null}
            <Menu.Item className="menu-item" onClick={chooseModelFolder}>
              <Icon of={FolderPlus} />
              Add a model folder…
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

const families: Record<string, string> = { sd1: 'SD 1.x', sd2: 'SD 2.x', sdxl: 'SDXL' };

export function lineOf({ embedded, family, nativeSize, dtype, bytes: weight }: Model): string {
  const kind = families[family] ?? `${nativeSize} px`;
  return `${embedded ? 'comes with the studio' : `${kind} · ${dtype.toLowerCase()}`} · ${bytes(weight)}`;
}
