import type { AdapterCard } from '../../app/contracts/adapters.js';
import { adapterTags } from '../../app/contracts/adapter-tags.js';
import { showToast } from '../studio/notices.js';
import { shelfStore } from '../studio/shelf-store.js';
import { changeDraft } from './drafting.js';
import { generateStore, type Draft, type MixerRow } from './generate-store.js';
import { editPrompt, withoutTag, wordAdded } from './prompt-editing.js';

/** What is put on the picture: rows of the mixer, and tags of the prompt. Verbs for every panel. */

/** The contract's most. */
const MOST_ROWS = 64;

/** An adapter on the picture, wherever it was put on. */
interface OnPicture {
  readonly weight: number;
  readonly textWeight: number;
  readonly on: boolean;
  /** A `<lora:…>` tag of the prompt rather than a row of the mixer. */
  readonly fromPrompt: boolean;
}

/** How an adapter of the shelf is on the picture: its row, else its tag in the prompt; null when it is not. */
export function mixerRow(draft: Pick<Draft, 'mixer' | 'prompt'>, id: string): OnPicture | null {
  const row = draft.mixer.find(({ adapter }) => adapter === id);
  if (row) return { weight: row.weight, textWeight: row.textWeight, on: row.on, fromPrompt: false };
  if (!draft.prompt.includes('<')) return null;
  const { cards } = shelfStore.getState();
  const tag = adapterTags(draft.prompt).find((one) => one.problem === null && cardNamed(cards, one.name)?.id === id);
  return tag ? { weight: tag.weight, textWeight: tag.textWeight, on: true, fromPrompt: true } : null;
}

/**
 * The card that a tag's name means, as the shelf itself finds it: by file name, else by alias, exactly, else without
 * regard to case; among equals the last used.
 */
export function cardNamed(cards: readonly AdapterCard[], name: string): AdapterCard | null {
  const small = name.toLowerCase();
  const tries: readonly ((card: AdapterCard) => boolean)[] = [
    (card) => card.name === name,
    (card) => card.name.toLowerCase() === small,
    (card) => card.alias === name,
    (card) => card.alias?.toLowerCase() === small,
  ];
  for (const means of tries) {
    const found = cards.filter(means);
    if (found.length > 0) return found.reduce((a, b) => ((b.usedAt ?? 0) > (a.usedAt ?? 0) ? b : a));
  }
  return null;
}

/** Put an adapter on the picture, at the strength that its author prefers; one that is there stays as it is, and is on. */
export function addToMixer(id: string, weight?: number): void {
  const { draft } = generateStore.getState();
  const there = mixerRow(draft, id);
  if (there) {
    if (!there.on) setRow(id, { on: true });
    return;
  }
  if (draft.mixer.length >= MOST_ROWS) {
    showToast({ tone: 'warn', text: `A picture takes ${MOST_ROWS} adapters at most. Remove one first.`, action: null });
    return;
  }
  const strength = weight ?? shelfStore.getState().byId.get(id)?.preferredWeight ?? 1;
  changeDraft({ mixer: [...draft.mixer, { adapter: id, weight: strength, textWeight: strength, on: true }] });
}

/** Take an adapter off the picture: its row, and its tags in the prompt. */
export function removeFromMixer(id: string): void {
  const { draft } = generateStore.getState();
  if (draft.mixer.some(({ adapter }) => adapter === id)) {
    changeDraft({ mixer: draft.mixer.filter(({ adapter }) => adapter !== id) });
  }
  const { cards } = shelfStore.getState();
  for (;;) {
    const { prompt } = generateStore.getState().draft;
    const tag = adapterTags(prompt).find(({ name }) => cardNamed(cards, name)?.id === id);
    if (!tag) return;
    editPrompt(withoutTag(prompt, tag));
  }
}

/** A trigger word at the end of the prompt, unless the prompt says it already. */
export function addTriggerWord(text: string): void {
  editPrompt(wordAdded(generateStore.getState().draft.prompt, text));
}

export function setRow(id: string, change: Partial<Omit<MixerRow, 'adapter'>>): void {
  const { mixer } = generateStore.getState().draft;
  changeDraft({ mixer: mixer.map((row) => (row.adapter === id ? { ...row, ...change } : row)) });
}
