import type { Model } from '../../app/contracts/models.js';
import { ask, asStudioError } from '../bridge.js';
import { modelById, studioStore } from '../studio/studio-store.js';
import { chatStore, withEntry } from './chat-store.js';

/** Models that can write, and what the one that answers next needs: said before it starts. */

export const languageModels = (models: readonly Model[]): Model[] => models.filter(({ kind }) => kind === 'language');

export const modelNow = (): Model | null =>
  modelById(studioStore.getState().models, chatStore.getState().conversation?.settings.model ?? '');

/** Free memory changes by the minute, so it is asked again with every model, conversation and answer. */
export function refreshFit(): void {
  const model = chatStore.getState().conversation?.settings.model;
  if (model === undefined || !modelById(studioStore.getState().models, model)) return;
  ask('chat.fit', { model }).then(
    (fit) =>
      chatStore.setState(({ fits, fitProblem }) => ({
        fits: withEntry(fits, model, fit),
        fitProblem: fitProblem?.model === model ? null : fitProblem,
      })),
    (error: unknown) => chatStore.setState({ fitProblem: { model, error: asStudioError(error) } }),
  );
}
