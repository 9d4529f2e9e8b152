import type { ChatPreset, ConversationSettings } from '../../app/contracts/conversations.js';
import { ask } from '../bridge.js';
import { offerUndo, reportProblem } from '../studio/notices.js';
import { changeSettings } from './browsing.js';
import { chatStore } from './chat-store.js';
import { loadPresets } from './preset-list.js';
import { PRESETS } from './presets.js';

/** Ways of answering that a person keeps, beside those of the studio. */

/** The seed is the next answer's, and stays. */
export function takePreset({ system, sampling }: ChatPreset): void {
  const { conversation } = chatStore.getState();
  if (!conversation) return;
  const { seed } = conversation.settings.sampling;
  changeSettings({ system, sampling: { ...sampling, seed } });
}

/** The one that a conversation answers by: the system prompt and every number are its own. */
export function presetOf(
  presets: readonly ChatPreset[],
  { system, sampling }: ConversationSettings,
): ChatPreset | undefined {
  const { seed: _seed, ...now } = sampling;
  return presets.find((preset) => preset.system === system && same(preset.sampling, now));
}

function same(a: ChatPreset['sampling'], b: ChatPreset['sampling']): boolean {
  const { stop, ...values } = a;
  const { stop: otherStop, ...others } = b;
  return (
    stop.join('\n') === otherStop.join('\n') &&
    Object.entries(values).every(([name, value]) => others[name as keyof typeof others] === value)
  );
}

const folded = (name: string): string => name.trim().toLowerCase();

/** The preset that has this name, other than `id`. */
export const namesake = (presets: readonly ChatPreset[], name: string, id: string | null): ChatPreset | undefined =>
  presets.find((preset) => preset.id !== id && folded(preset.name) === folded(name));

/** Why it cannot be called that, in one sentence; null when it can. */
export function whyNotName(presets: readonly ChatPreset[], name: string, id: string | null): string | null {
  if (name.trim() === '') return 'Give it a name.';
  if (PRESETS.some((preset) => folded(preset.name) === folded(name))) return 'The studio has one of this name.';
  // A new one may take the place of an old one; one that is renamed may not.
  return id !== null && namesake(presets, name, id) ? 'There is one of this name.' : null;
}

/** What the conversation answers by now, under a name: in the place of the one that has it. */
export function keepPreset(name: string): void {
  const { conversation, presets } = chatStore.getState();
  if (!conversation) return;
  const { system, sampling } = conversation.settings;
  const { seed: _seed, ...kept } = sampling;
  const old = namesake(presets, name, null);
  save({ ...(old ? { id: old.id } : {}), name: name.trim(), system, sampling: kept });
}

export function renamePreset(preset: ChatPreset, name: string): void {
  save({ ...preset, name: name.trim() });
}

export function deletePreset(preset: ChatPreset): void {
  ask('chat.delete-preset', { id: preset.id }).then(() => {
    void loadPresets();
    offerUndo(`The preset “${preset.name}” is deleted.`, () => save(preset));
  }, reportProblem);
}

function save(preset: Omit<ChatPreset, 'id'> & { readonly id?: string }): void {
  ask('chat.save-preset', preset).then(loadPresets, reportProblem);
}
