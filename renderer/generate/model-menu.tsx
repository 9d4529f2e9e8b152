import Box from 'lucide-react/icons/box';
import FolderPlus from 'lucide-react/icons/folder-plus';
import { Menu } from '@base-ui/react/menu';
import type { Model } from '../../app/contracts/models.js';
import { Icon } from '../components/icon.js';
import { ModelMenu } from '../components/model-menu.js';
import { modelById, pictureModels, useStudio } from '../studio/studio-store.js';
import { bytes } from '../words/numbers.js';
import { chooseModel, chooseModelFolder } from './drafting.js';
import { generateStore, useGenerate } from './generate-store.js';

/** The model that draws. */
export function PictureModelMenu() {
  const models = useStudio((state) => state.models);
  const chosen = useGenerate(({ draft }) => draft.model);
  const open = useGenerate((state) => state.modelMenuOpen);
  return (
    <ModelMenu
      glyph={Box}
      model={modelById(models, chosen)}
      chosen={chosen}
      models={pictureModels(models)}
      lineOf={lineOf}
      invitation="Add a model folder"
      open={open}
      onOpenChange={(next) => generateStore.setState({ modelMenuOpen: next })}
      onChoose={chooseModel}
    >
      <Menu.Item className="menu-item" onClick={chooseModelFolder}>
        <Icon of={FolderPlus} />
        Add a model folder…
      </Menu.Item>
    </ModelMenu>
  );
}

const families: Record<string, string> = { sd1: 'SD 1.x', sd2: 'SD 2.x', sdxl: 'SDXL' };

export function lineOf({ embedded, family, nativeSize, dtype, bytes: weight }: Model): string {
  const kind = families[family] ?? `${nativeSize} px`;
  return `${embedded ? 'comes with the studio' : `${kind} · ${dtype.toLowerCase()}`} · ${bytes(weight)}`;
}
