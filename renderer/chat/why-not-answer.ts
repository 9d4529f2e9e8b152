import { useChat } from './chat-store.js';
import { whyNotAnswer } from './conversing.js';

/** Asked anew whenever an answer begins or ends. */
export const useWhyNotAnswer = (): string | null => useChat(() => whyNotAnswer());
