import { Menu } from '@base-ui/react/menu';
import { useRef } from 'react';
import Check from 'lucide-react/icons/check';
import ChevronDown from 'lucide-react/icons/chevron-down';
import FilePlus from 'lucide-react/icons/file-plus';
import FolderPlus from 'lucide-react/icons/folder-plus';
import MessageSquare from 'lucide-react/icons/message-square';
import { ask, pathOf } from '../bridge.js';
import { Icon } from '../components/icon.js';
import { reportProblem } from '../studio/notices.js';
import { modelById, useStudio } from '../studio/studio-store.js';
import { languageModelLine } from './chat-words.js';
import { chatStore, useChat } from './chat-store.js';
import { addLanguageModel, adoptLanguageModel, chooseLanguageModel } from './model-choice.js';
import { languageModels } from './model-fit.js';

/** The model that answers next, in two lines; those of the library, and the door for one's own. */
export function LanguageModelMenu() {
  const models = useStudio((state) => state.models);
  const chosen = useChat(({ conversation }) => conversation?.settings.model ?? '');
  const open = useChat((state) => state.modelMenuOpen);
  const files = useRef<HTMLInputElement>(null);
  const model = modelById(models, chosen);
  const usable = languageModels(models);
  return (
    <>
      <Menu.Root open={open} onOpenChange={(next) => chatStore.setState({ modelMenuOpen: next })} modal={false}>
        <Menu.Trigger className="model" aria-keyshortcuts="M">
          <span className="read-only">Model:</span>
          <span className="glyph">
            <Icon of={MessageSquare} size={20} />
          </span>
          <span className="model-words">
            <b>{model?.name ?? 'No model'}</b>
            <small>{model ? languageModelLine(model) : 'Choose one, or add your own'}</small>
          </span>
          <Icon of={ChevronDown} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="popup-place" sideOffset={4} align="start">
            <Menu.Popup className="menu models-menu" data-popup="">
              <Menu.RadioGroup value={chosen} onValueChange={(id: string) => chooseLanguageModel(id)}>
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
                      <small>{entry.missing ? `Not found: ${entry.path}` : languageModelLine(entry)}</small>
                    </span>
                    <Menu.RadioItemIndicator className="menu-check">
                      <Icon of={Check} />
                    </Menu.RadioItemIndicator>
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
              {usable.length > 0 ? <Menu.Separator className="menu-rule" /> : null}
              <Menu.Item className="menu-item" onClick={() => files.current?.click()}>
                <Icon of={FilePlus} />
                Add a GGUF file…
              </Menu.Item>
              <Menu.Item className="menu-item" onClick={addFolder}>
                <Icon of={FolderPlus} />
                Add a model folder…
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <input
        ref={files}
        type="file"
        accept=".gguf"
        hidden
        aria-label="GGUF file"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          // The same file may be chosen again.
          const path = file ? pathOf(file) : '';
          event.currentTarget.value = '';
          if (path !== '') addLanguageModel(path).catch(reportProblem);
        }}
      />
    </>
  );
}

function addFolder(): void {
  ask('models.choose-folder', {}).then((model) => {
    if (model) adoptLanguageModel(model);
  }, reportProblem);
}
