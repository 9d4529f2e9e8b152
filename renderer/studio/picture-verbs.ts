import { ask } from '../bridge.js';
import { plural } from '../words/numbers.js';
import { offerUndo, rememberUndo, reportProblem, say, showUndo } from './notices.js';
import { forgetDetail } from './picture-details.js';
import { dropRecent, loadRecent, markRecent } from './recent-pictures.js';

/** What film, stage and gallery do to pictures alike. Main answers with `gallery.changed`, which both lists hear. */

export function keepPicture(id: string, kept: boolean): void {
  markRecent(id, kept);
  say(kept ? 'Kept' : 'No longer kept');
  forgetDetail([id]);
  ask('gallery.keep', { id, kept }).catch((error: unknown) => {
    markRecent(id, !kept);
    reportProblem(error);
  });
}

/** Undos that this window remembered, and whose notice is on its way from main. */
const expected = new Set<string>();
const undoIdOf = (ids: readonly string[]): string => `bin-${ids.join(' ')}`;

/** `afterUndo` runs when they are back. */
export function binPictures(ids: readonly string[], afterUndo?: () => void): void {
  if (ids.length === 0) return;
  dropRecent(new Set(ids));
  forgetDetail(ids);
  expected.add(undoIdOf(ids));
  rememberUndo(undoIdOf(ids), () => restorePictures(ids, afterUndo));
  ask('gallery.bin', { ids: [...ids] }).catch((error: unknown) => {
    reportProblem(error);
    void loadRecent();
  });
}

/** Main says that pictures went to the bin, and in which words. */
export function hearBinned(text: string, ids: readonly string[]): void {
  if (expected.delete(undoIdOf(ids))) showUndo(undoIdOf(ids), text);
  else offerUndo(text, () => restorePictures(ids));
}

export function restorePictures(ids: readonly string[], whenBack?: () => void): void {
  forgetDetail(ids);
  ask('gallery.restore', { ids: [...ids] }).then(() => {
    say(`${plural(ids.length, 'picture')} back from the bin`);
    whenBack?.();
  }, reportProblem);
}

export const revealPicture = (id: string): void => void ask('gallery.reveal', { id }).catch(reportProblem);

export const copyPicture = (id: string): void =>
  void ask('gallery.copy', { id }).then(() => say('Picture copied'), reportProblem);

export const dragPicture = (id: string): void => void ask('gallery.drag', { id }).catch(reportProblem);
