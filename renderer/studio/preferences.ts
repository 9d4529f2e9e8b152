import type { Preferences } from '../../app/contracts/preferences.js';
import { ask } from '../bridge.js';
import { studioStore } from './studio-store.js';
import { reportProblem } from './notices.js';

const SAVE_AFTER_MS = 400;

let unsaved: Partial<Preferences> = {};
let timer: ReturnType<typeof setTimeout> | null = null;

/** Takes effect at once; saved when the person has stopped for a moment. */
export function setPreferences(change: Partial<Preferences>): void {
  const { preferences } = studioStore.getState();
  studioStore.setState({ preferences: { ...preferences, ...change } });
  unsaved = { ...unsaved, ...change };
  if (timer) clearTimeout(timer);
  timer = setTimeout(saveNow, SAVE_AFTER_MS);
}

/** Also called when the window goes away. */
export function saveNow(): void {
  if (timer) clearTimeout(timer);
  timer = null;
  if (Object.keys(unsaved).length === 0) return;
  const change = unsaved;
  unsaved = {};
  ask('preferences.save', change).catch(reportProblem);
}
