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

/** The model that was just added is the one to use. */
export function adoptLanguageModel({ id, name, kind }: Model): void {
  if (kind !== 'language') {
    showToast({
      tone: 'warn',
      text: `${name} is in the library, but it is no language model: it cannot write.`,
      action: null,
    });
    return;
  }
  chatWith({ id });
}

/** It answers next, as soon as it is in the library and a conversation is open: both may come a moment later. */
export function chatWith({ id }: Pick<Model, 'id'>): void {
  const choose = (): boolean => {
    if (!modelById(studioStore.getState().models, id) || !chatStore.getState().conversation) return false;
    for (const stop of stops.splice(0)) stop();
    chooseLanguageModel(id);
    return true;
  };
  const stops: (() => void)[] = [];
  if (!choose()) stops.push(studioStore.subscribe(choose), chatStore.subscribe(choose));
}

/** A folder or GGUF file, used where it lies. */
export async function addLanguageModel(path: string): Promise<void> {
  adoptLanguageModel(await ask('models.import', { path }));
}
