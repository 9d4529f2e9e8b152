import { moveCursor } from '../gallery/browsing.js';
import { isMac, studioStore } from '../studio/studio-store.js';
import { allActions } from './all-actions.js';
import { actionFor, isTextField } from './dispatch.js';

/** One listener for the whole window. */
export function listenToKeys(): void {
  window.addEventListener('keydown', (press) => {
    if (press.defaultPrevented || press.isComposing) return;
    const { panel } = studioStore.getState().preferences;
    if (extendsGallerySelection(press, panel)) return press.preventDefault();
    const action = actionFor(press, allActions, panel, isMac());
    if (!action) return undefined;
    press.preventDefault();
    action.run?.();
    return undefined;
  });
}

/** Shift and an arrow on the wall: the one gesture that four keys share. */
function extendsGallerySelection(press: KeyboardEvent, panel: string): boolean {
  if (panel !== 'gallery' || !press.shiftKey || press.ctrlKey || press.metaKey || press.altKey) return false;
  const target = press.target instanceof Element ? press.target : null;
  if (isTextField(target) || target?.closest('[data-popup]')) return false;
  const moves: Record<string, Parameters<typeof moveCursor>[0]> = {
    ArrowLeft: { by: -1 },
    ArrowRight: { by: 1 },
    ArrowUp: { row: -1 },
    ArrowDown: { row: 1 },
  };
  const move = moves[press.key];
  if (!move) return false;
  moveCursor(move, true);
  return true;
}
