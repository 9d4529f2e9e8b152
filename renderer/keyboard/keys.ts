/**
 * Keys are written as the key map shows them: `Ctrl+Shift+K`, `Alt+Up`, `?`, `Space`. `Ctrl` is Command on macOS.
 */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const named: Record<string, readonly string[]> = {
  up: ['ArrowUp'],
  down: ['ArrowDown'],
  left: ['ArrowLeft'],
  right: ['ArrowRight'],
  del: ['Delete', 'Backspace'],
  esc: ['Escape'],
  space: [' '],
  enter: ['Enter'],
  home: ['Home'],
  end: ['End'],
};

/** Keys that buttons, lists, sliders and text fields need for themselves. */
const widgetKeys = new Set(['up', 'down', 'left', 'right', 'space', 'enter', 'home', 'end', 'del']);

interface Combo {
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly key: string;
}

function parse(combo: string): Combo {
  const parts = combo.split('+');
  const key = (parts.at(-1) ?? '').toLowerCase();
  return { ctrl: parts.includes('Ctrl'), alt: parts.includes('Alt'), shift: parts.includes('Shift'), key };
}

export function matches(combo: string, press: KeyPress, mac: boolean): boolean {
  const wanted = parse(combo);
  const ctrl = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  if (wanted.ctrl !== ctrl || wanted.alt !== press.altKey || other) return false;
  const isSign = wanted.key.length === 1 && !/[a-z0-9]/.test(wanted.key);
  // Whether `?` or `[` needs Shift depends on the keyboard, so signs are matched by what they type.
  if (!isSign && wanted.shift !== press.shiftKey) return false;
  const names = named[wanted.key];
  if (names) return names.includes(press.key);
  // On keyboards whose digits need Shift (French), the digit row still switches panels.
  if (/^[0-9]$/.test(wanted.key)) return press.key === wanted.key || press.code === `Digit${wanted.key}`;
  return press.key.toLowerCase() === wanted.key;
}

export const isWidgetKey = (combo: string): boolean => widgetKeys.has(parse(combo).key);

/** True for keys that may act while a person types: with Ctrl or Alt, function keys and Esc. */
export function mayActWhileTyping(combo: string): boolean {
  const { ctrl, alt, key } = parse(combo);
  return ctrl || alt || key === 'esc' || /^f\d+$/.test(key);
}

/** As a person reads it: "Ctrl Shift K", or "⌘ ⇧ K" on macOS. */
export function keyLabel(combo: string, mac: boolean): string {
  const words = combo.split('+');
  if (!mac) return words.join(' ');
  const signs: Record<string, string> = { Ctrl: '⌘', Shift: '⇧', Alt: '⌥', Enter: '⏎', Del: '⌫' };
  return words.map((word) => signs[word] ?? word).join(' ');
}

/** For `aria-keyshortcuts`. */
export const ariaKeys = (combos: readonly string[], mac: boolean): string =>
  combos.map((combo) => combo.replace('Ctrl', mac ? 'Meta' : 'Control').replace('Del', 'Delete')).join(' ');
