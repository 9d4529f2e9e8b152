/** Where the panel's fields are, for keys that go to them. */
export const COMPOSER_ID = 'chat-composer';
export const SEARCH_ID = 'chat-search';
export const TALKS_ID = 'chat-conversations';

/** With the caret at the end, once the window shows what was just changed. */
export function focusComposer(): void {
  requestAnimationFrame(() => {
    const field = document.getElementById(COMPOSER_ID);
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
}

/** The turn that the focus is in, or null. */
export const focusedTurn = (): string | null =>
  document.activeElement?.closest('[data-turn]')?.getAttribute('data-turn') ?? null;

interface TokenFocus {
  readonly turn: string;
  readonly at: number;
}

let tokenFocus: TokenFocus | null = null;

/** Tokens go while they have the focus: those of the same turn take it next, unless others are waited for. */
export function leaveTokenFocus(gone: TokenFocus): void {
  tokenFocus ??= gone;
}

/** The tokens of this turn take the focus as soon as they are drawn, unless a person has gone elsewhere by then. */
export function keepTokenFocus(focus: TokenFocus): void {
  tokenFocus = focus;
}

/** The token to stand on; null where the focus belongs elsewhere. Asked once. */
export function takeTokenFocus(turn: string): number | null {
  if (tokenFocus?.turn !== turn) return null;
  const { at } = tokenFocus;
  tokenFocus = null;
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body ? at : null;
}
