import { ask } from '../bridge.js';
import { reportProblem } from '../studio/notices.js';
import { chatStore } from './chat-store.js';

/** The presets that a person keeps, as main has them. */
export async function loadPresets(): Promise<void> {
  try {
    chatStore.setState({ presets: await ask('chat.presets', {}) });
  } catch (error) {
    reportProblem(error);
  }
}
