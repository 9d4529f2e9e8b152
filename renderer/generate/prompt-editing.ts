import { adapterTags, writeAdapterTag, type AdapterTag } from '../../app/contracts/adapter-tags.js';
import { changeDraft } from './drafting.js';
import { PROMPT_ID } from './focus.js';
import { generateStore } from './generate-store.js';

/** Changes to the prompt that the window makes for a person, and that the text field's own undo takes back. */

/** What stands from `start` to `end` becomes `text`. */
export interface PromptEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const edited = (prompt: string, { start, end, text }: PromptEdit): string =>
  prompt.slice(0, start) + text + prompt.slice(end);

/** Other strengths for the tag at `place` among the prompt's tags; null where none is any more, or nothing changes. */
export function tagRewritten(
  prompt: string,
  place: number,
  strengths: Pick<AdapterTag, 'weight' | 'textWeight'>,
): PromptEdit | null {
  const tag = adapterTags(prompt)[place];
  if (!tag) return null;
  const { name, ignored } = tag;
  // Parts that other programs read stay, behind both numbers: a third number is only read in the third place.
  const text =
    ignored.length === 0
      ? writeAdapterTag({ name, ...strengths })
      : `<${['lora', name, strengths.textWeight, strengths.weight, ...ignored].join(':')}>`;
  return text === prompt.slice(tag.start, tag.end) ? null : { start: tag.start, end: tag.end, text };
}

/** Without the tag, and without the comma and space that only it needed. */
export function withoutTag(prompt: string, { start, end }: Pick<AdapterTag, 'start' | 'end'>): PromptEdit {
  const lead = /(?:[^\S\n]*,)?[^\S\n]*$/.exec(prompt.slice(0, start))?.[0] ?? '';
  const trail = /^[^\S\n]*(?:,[^\S\n]*)?/.exec(prompt.slice(end))?.[0] ?? '';
  const first = start - lead.length === 0;
  const last = end + trail.length === prompt.length;
  if (first) return { start: 0, end: end + trail.length, text: '' };
  if (last) return { start: start - lead.length, end: prompt.length, text: '' };
  // Between two things one separator stays: the comma where either side had one.
  if (lead.includes(',') || trail.includes(',')) {
    return { start: start - lead.length, end: end + trail.length, text: ', ' };
  }
  return { start: start - lead.length, end: end + trail.length, text: lead === '' ? trail : lead };
}

/** The word at the end, after a comma; null when the prompt says it already. */
export function wordAdded(prompt: string, word: string): PromptEdit | null {
  const wanted = word.trim().toLowerCase();
  const said = prompt
    .toLowerCase()
    .split(/[,\n]/)
    .map((part) => part.trim());
  if (wanted === '' || said.includes(wanted) || hasWord(prompt.toLowerCase(), wanted)) return null;
  const start = prompt.trimEnd().length;
  const joint = start === 0 ? '' : prompt.trimEnd().endsWith(',') ? ' ' : ', ';
  return { start, end: prompt.length, text: `${joint}${word.trim()}` };
}

const hasWord = (text: string, word: string): boolean => {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isLetter(text[at - 1]) && !isLetter(text[at + word.length])) return true;
  }
  return false;
};
const isLetter = (sign: string | undefined): boolean => sign !== undefined && /[\p{L}\p{N}_]/u.test(sign);

/**
 * Through the text field where it is in sight, so that `Ctrl Z` in it takes the change back; else in the draft alone.
 * The focus stays where it was.
 */
export function editPrompt(edit: PromptEdit | null): void {
  if (!edit) return;
  const { prompt } = generateStore.getState().draft;
  const wanted = edited(prompt, edit);
  const field = document.getElementById(PROMPT_ID);
  if (field instanceof HTMLTextAreaElement && field.value === prompt && field.closest('[inert]') === null) {
    typeInto(field, edit);
  }
  if (generateStore.getState().draft.prompt !== wanted) changeDraft({ prompt: wanted });
}

function typeInto(field: HTMLTextAreaElement, { start, end, text }: PromptEdit): void {
  const before = document.activeElement;
  const { selectionStart, selectionEnd } = field;
  const away = before !== field;
  if (away) field.focus({ preventScroll: true });
  field.setSelectionRange(start, end);
  // The one way that writes into a field's own undo. Deprecated in the standard for documents, with nothing in its place.
  document.execCommand(text === '' ? 'delete' : 'insertText', false, text);
  if (!away) return;
  const moved = (at: number): number => (at <= start ? at : at >= end ? at + text.length - (end - start) : start);
  field.setSelectionRange(moved(selectionStart), moved(selectionEnd));
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
}
