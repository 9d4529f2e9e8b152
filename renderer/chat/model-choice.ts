import type { Model } from '../../app/contracts/models.js';
import { ask } from '../bridge.js';
import { showToast } from '../studio/notices.js';
import { modelById, studioStore } from '../studio/studio-store.js';
import { changeSettings } from './browsing.js';
import { chatStore } from './chat-store.js';
import { refreshFit } from './model-fit.js';

/** It answers next. */
export function chooseLanguageModel(id: string): void {
  if (chatStore.getState().conversation?.settings.model === id) return;
  changeSettings({ model: id });
  refreshFit();
}

/** A model that was just added is the one to use; its row of the library may come a moment later. */
export function adoptLanguageModel({ id, name, kind }: Model): void {
  if (kind !== 'language') {
    showToast({
      tone: 'warn',
      text: `${name} is in the library, but it is no language model: it cannot write.`,
      action: null,
    });
    return;
  }
  const choose = (): boolean => {
    if (!modelById(studioStore.getState().models, id)) return false;
    chooseLanguageModel(id);
    return true;
  };
  if (choose()) return;
  const stop = studioStore.subscribe(() => {
    if (choose()) stop();
  });
}

/** A folder or GGUF file, used where it lies. */
export async function addLanguageModel(path: string): Promise<void> {
  adoptLanguageModel(await ask('models.import', { path }));
}
