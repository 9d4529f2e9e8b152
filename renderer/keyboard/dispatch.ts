import { asPanel } from '../shell/shell-store.js';
import type { Action, Scope } from './action.js';
import { isWidgetKey, matches, mayActWhileTyping } from './keys.js';

const TEXT_INPUTS = new Set(['text', 'search', 'number', 'url', 'email', 'password', '']);

export function isTextField(element: Element | null): boolean {
  if (element instanceof HTMLTextAreaElement) return true;
  if (element instanceof HTMLInputElement) return TEXT_INPUTS.has(element.getAttribute('type') ?? '');
  return element instanceof HTMLElement && element.isContentEditable;
}

/** Film, wall and shelf mark themselves: their arrows, Space and Enter are the panel's actions. */
const PICTURES = '[data-keys="pictures"]';
const WIDGETS =
  'input, textarea, button, select, a, summary, [role=slider], [role=menu], [role=menuitem], [role=menuitemradio], ' +
  '[role=listbox], [role=option], [role=combobox], [role=radio], [role=switch], [role=separator], [role=dialog]';
/** With Alt, the arrows of these take finer steps or open a list; to all others they mean nothing. */
const ALT_WIDGETS = 'input, select, [role=slider], [role=combobox]';
const POPUPS = '[role=dialog], [role=alertdialog], [role=menu], [data-popup]';

/** A popover, menu, select or dialog is open: the first rung of the Esc ladder is its own. */
export const popupIsOpen = (): boolean => document.querySelector('[data-popup][data-open]') !== null;

/** Which scopes hear a key pressed at `target` while `panel` is open, nearest first. */
export function scopesAt(target: Element | null, panel: string): Scope[] {
  const part = target?.closest('[data-scope]')?.getAttribute('data-scope');
  const scopes: Scope[] = part === 'prompt' || part === 'composer' || part === 'queue' ? [part] : [];
  return [...scopes, asPanel(panel), 'anywhere'];
}

/** The action that a key press means here, or null. */
export function actionFor(
  press: KeyboardEvent,
  actions: readonly Action[],
  panel: string,
  mac: boolean,
): Action | null {
  const target = press.target instanceof Element ? press.target : null;
  const typing = isTextField(target);
  const inPopup = target?.closest(POPUPS) != null;
  const ownsKeys = target != null && target.closest(PICTURES) === null && target.closest(WIDGETS) !== null;
  // On macOS they also walk by words where one types.
  const ownsAltKeys = target?.closest(ALT_WIDGETS) != null || (mac && typing);
  for (const scope of scopesAt(target, panel)) {
    const atPlace = scope === 'prompt' || scope === 'composer' || scope === 'queue';
    for (const action of actions) {
      if (action.scope !== scope || !action.run) continue;
      for (const combo of action.keys ?? []) {
        if (!matches(combo, press, mac)) continue;
        if (!atPlace) {
          if (typing && !mayActWhileTyping(combo)) continue;
          if (inPopup && !mayActWhileTyping(combo)) continue;
          const owned = press.altKey ? ownsAltKeys : ownsKeys;
          if (owned && isWidgetKey(combo) && !press.ctrlKey && !press.metaKey) continue;
          // Undo, copy and select-all belong to the text field that has the focus.
          if (typing && /^Ctrl\+[ZCA]$/.test(combo)) continue;
        }
        if (action.unavailable?.()) continue;
        return action;
      }
    }
  }
  return null;
}
