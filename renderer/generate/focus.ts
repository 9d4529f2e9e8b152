/** Where the panel's text fields are, for keys that go to them. */
export const PROMPT_ID = 'prompt';
export const NEGATIVE_ID = 'negative-prompt';

const focus = (id: string) => (): void => document.getElementById(id)?.focus();

export const focusPrompt = focus(PROMPT_ID);

/** With the caret at the end, once the window shows what was just changed. */
export function focusPromptEnd(): void {
  requestAnimationFrame(() => {
    const field = document.getElementById(PROMPT_ID);
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    const scroller = field.closest('.prompt-field');
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
  });
}
export const focusNegative = focus(NEGATIVE_ID);
