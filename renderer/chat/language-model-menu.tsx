import { Menu } from '@base-ui/react/menu';
import { useRef } from 'react';
import FilePlus from 'lucide-react/icons/file-plus';
import FolderPlus from 'lucide-react/icons/folder-plus';
import MessageSquare from 'lucide-react/icons/message-square';
import { ask, pathOf } from '../bridge.js';
import { Icon } from '../components/icon.js';
import { ModelMenu } from '../components/model-menu.js';
import { reportProblem } from '../studio/notices.js';
import { modelById, useStudio } from '../studio/studio-store.js';
import { languageModelLine } from './chat-words.js';
import { chatStore, useChat } from './chat-store.js';
import { addLanguageModel, adoptLanguageModel, chooseLanguageModel } from './model-choice.js';
import { languageModels } from './model-fit.js';

/** The model that answers next. */
export function LanguageModelMenu() {
  const models = useStudio((state) => state.models);
  const chosen = useChat(({ conversation }) => conversation?.settings.model ?? '');
  const open = useChat((state) => state.modelMenuOpen);
  const files = useRef<HTMLInputElement>(null);
  return (
    <>
      <ModelMenu
        glyph={MessageSquare}
        model={modelById(models, chosen)}
        chosen={chosen}
        models={languageModels(models)}
        lineOf={languageModelLine}
        invitation="Choose one, or add your own"
        open={open}
        onOpenChange={(next) => chatStore.setState({ modelMenuOpen: next })}
        onChoose={chooseLanguageModel}
      >
        <Menu.Item className="menu-item" onClick={() => files.current?.click()}>
          <Icon of={FilePlus} />
          Add a GGUF file…
        </Menu.Item>
        <Menu.Item className="menu-item" onClick={addFolder}>
          <Icon of={FolderPlus} />
          Add a model folder…
        </Menu.Item>
      </ModelMenu>
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
