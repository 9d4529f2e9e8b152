/** Where the panel's text fields are, for keys that go to them. */
export const PROMPT_ID = 'prompt';
export const NEGATIVE_ID = 'negative-prompt';

const focus = (id: string) => (): void => document.getElementById(id)?.focus();

export const focusPrompt = focus(PROMPT_ID);
export const focusNegative = focus(NEGATIVE_ID);
