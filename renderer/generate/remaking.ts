import { withoutAdapterTags } from '../../app/contracts/adapter-tags.js';
import type { GenerationSettings, Job } from '../../app/contracts/generation.js';
import { pictureDetail } from '../studio/picture-details.js';
import { studioStore } from '../studio/studio-store.js';
import { remake } from './generating.js';
import { generateStore, sameUses, settingsOf, type Draft } from './generate-store.js';
import { shownPicture } from './selection.js';

/**
 * With the seed locked, letting go of an adapter's slider makes the picture on the stage anew at once. Nothing is made
 * that a person does not see coming: only while nothing else runs or waits, and only of a picture with the same words.
 */

/** What to ask for, given the settings that the picture on the stage was made with; null when there is nothing to do. */
export function remakeOf(draft: Draft, made: GenerationSettings): GenerationSettings | null {
  if (!draft.seedLocked || draft.model !== made.model) return null;
  const words = (prompt: string): string => withoutAdapterTags(prompt).trim();
  if (words(draft.prompt) !== words(made.prompt) || draft.negative !== made.negative) return null;
  const wanted = settingsOf(draft);
  return wanted.prompt === made.prompt && sameUses(wanted.adapters, made.adapters) ? null : wanted;
}

const isActive = ({ state }: Job): boolean => state === 'running' || state === 'waiting';

/** Stops waiting for the queue; at most one waits. */
let stopWaiting: (() => void) | null = null;

/** The slider was let go. While its last picture is still being made, the next one waits for it: only the last counts. */
export function remakeOnRelease(): void {
  stopWaiting?.();
  stopWaiting = null;
  if (!generateStore.getState().draft.seedLocked) return;
  const active = studioStore.getState().queue.jobs.filter(isActive);
  if (active.length === 0) void remakeShown();
  else if (active.length === 1 && active[0]?.id === generateStore.getState().remake?.jobId) waitForQueue();
}

function waitForQueue(): void {
  const stop = studioStore.subscribe(({ queue }) => {
    if (queue.jobs.some(isActive)) return;
    stop();
    stopWaiting = null;
    void remakeShown();
  });
  stopWaiting = stop;
}

async function remakeShown(): Promise<void> {
  const picture = shownPicture();
  if (!picture) return;
  const { receipt } = await pictureDetail(picture.id).catch(() => ({ receipt: null }));
  // The person may have gone on meanwhile: everything is looked at again.
  if (!receipt || shownPicture()?.id !== picture.id || studioStore.getState().queue.jobs.some(isActive)) return;
  const settings = remakeOf(generateStore.getState().draft, receipt.settings);
  if (settings) remake(settings, picture.id);
}
