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
