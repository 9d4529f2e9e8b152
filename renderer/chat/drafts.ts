import { ask, asStudioError } from '../bridge.js';
import { reportProblem } from '../studio/notices.js';
import { chatStore, withEntry } from './chat-store.js';

/** What is being written, by conversation: it outlives the window. */

const SAVE_AFTER_MS = 400;
/** By conversation, what main does not have yet. */
const unsaved = new Map<string, string>();
let saving: ReturnType<typeof setTimeout> | undefined;

/** In the conversation that is shown. */
export function setDraft(text: string): void {
  const { conversation } = chatStore.getState();
  if (conversation) keepDraft(conversation.id, text);
}

export function keepDraft(id: string, text: string): void {
  chatStore.setState(({ drafts }) => ({ drafts: withEntry(drafts, id, text) }));
  unsaved.set(id, text);
  clearTimeout(saving);
  saving = setTimeout(saveDrafts, SAVE_AFTER_MS);
}

/** Also called when the window goes. */
export function saveDrafts(): void {
  clearTimeout(saving);
  for (const [id, draft] of unsaved) {
    ask('chat.save', { id, draft }).catch((error: unknown) => {
      // Of a conversation that was deleted meanwhile nothing is kept.
      if (asStudioError(error).kind !== 'not-found') reportProblem(error);
    });
  }
  unsaved.clear();
}

/** As main has it, unless something was written here since. */
export function takeDraft(id: string, draft: string): void {
  const { drafts } = chatStore.getState();
  if (draft !== '' && !drafts.has(id)) chatStore.setState({ drafts: withEntry(drafts, id, draft) });
}
