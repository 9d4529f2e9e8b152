import { adapterTags, withoutAdapterTags } from '../../app/contracts/adapter-tags.js';
import type { GenerationSettings, Job } from '../../app/contracts/generation.js';
import { say } from '../studio/notices.js';
import { pictureDetail, usePictureDetail } from '../studio/picture-details.js';
import { useRecent } from '../studio/recent-pictures.js';
import { studioStore, useStudio } from '../studio/studio-store.js';
import { changeDraft, toggleSeedLock } from './drafting.js';
import { remake } from './generating.js';
import { generateStore, sameUses, settingsOf, useGenerate, type Draft } from './generate-store.js';
import { shownBy, shownPicture } from './selection.js';

/**
 * With the seed locked, letting go of an adapter's slider makes the picture on the stage anew at once. Nothing is made
 * that a person does not see coming: only while nothing else runs or waits, and only of a picture with the same words.
 */

/** Of the same model and with the same words, but for tags. */
function sameWords(draft: Draft, made: GenerationSettings): boolean {
  const words = (prompt: string): string => withoutAdapterTags(prompt).trim();
  return draft.model === made.model && words(draft.prompt) === words(made.prompt) && draft.negative === made.negative;
}

/** All that keeps a slider from drawing the picture on the stage again is that its seed is free. */
export function useLockOffer(): boolean {
  const { draft, selection, live } = useGenerate((state) => state);
  const pictures = useRecent((state) => state.pictures);
  const jobs = useStudio(({ queue }) => queue.jobs);
  const shown = shownBy(selection, live, pictures, jobs);
  const detail = usePictureDetail(shown.kind === 'picture' ? shown.picture.id : null);
  return !draft.seedLocked && detail !== null && sameWords(draft, detail.receipt.settings);
}

/**
 * The lock. With adapters on the picture and a picture that could be drawn again on the stage, its seed is the one that
 * is kept, as the next one's is in the field already.
 */
export async function lockSeed(): Promise<void> {
  const { draft } = generateStore.getState();
  const picture = draft.seedLocked || !hasAdapters(draft) ? null : shownPicture();
  const made = picture && (await pictureDetail(picture.id).catch(() => null));
  if (!made || !sameWords(draft, made.receipt.settings)) return toggleSeedLock();
  const { seed } = made.receipt.settings;
  changeDraft({ seed, seedLocked: true });
  return say(`Seed ${seed} of this picture is kept`);
}

const hasAdapters = ({ mixer, prompt }: Draft): boolean => mixer.some(({ on }) => on) || adapterTags(prompt).length > 0;

/** What to ask for, given the settings that the picture on the stage was made with; null when there is nothing to do. */
export function remakeOf(draft: Draft, made: GenerationSettings): GenerationSettings | null {
  if (!draft.seedLocked || !sameWords(draft, made)) return null;
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
