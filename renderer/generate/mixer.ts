import type { AdapterCard } from '../../app/contracts/adapters.js';
import { adapterTags, type AdapterTag } from '../../app/contracts/adapter-tags.js';
import { showToast } from '../studio/notices.js';
import { shelfStore } from '../studio/shelf-store.js';
import { standingOf } from '../words/adapters.js';
import { changeDraft } from './drafting.js';
import { generateStore, type Draft, type MixerRow } from './generate-store.js';
import { editPrompt, tagRewritten, withoutTag, wordAdded } from './prompt-editing.js';

/** What is put on the picture: rows of the mixer, and tags of the prompt. Verbs for every panel. */

export type Strengths = Pick<MixerRow, 'weight' | 'textWeight'>;

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

const ENDING = /\.safetensors$/i;

/**
 * The card that a tag's name means, as the shelf itself finds it: by file name, else by alias, exactly, else without
 * regard to case; among equals the last used. The file's ending may stand after it.
 */
export function cardNamed(cards: readonly AdapterCard[], name: string): AdapterCard | null {
  const bare = name.replace(ENDING, '');
  if (bare !== name) return cardNamed(cards, bare);
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
  if (draft.mixer.some(({ adapter }) => adapter === id)) removeRow(id);
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

/* ---- what the mixer shows ---- */

export interface MixerLine {
  /** Null when nothing of that id or name is on the shelf. */
  readonly card: AdapterCard | null;
  readonly strengths: Strengths;
}
export interface RowLine extends MixerLine {
  readonly from: 'mixer';
  readonly id: string;
  readonly on: boolean;
}
export interface TagLine extends MixerLine {
  readonly from: 'prompt';
  readonly tag: AdapterTag;
  /** Which tag of the prompt, from 0. */
  readonly place: number;
}

/** The rows of the mixer, then a line for each tag of the prompt: all that the next picture is made with. */
export function mixerLines(
  { mixer, prompt }: Pick<Draft, 'mixer' | 'prompt'>,
  cards: readonly AdapterCard[],
): (RowLine | TagLine)[] {
  return [
    ...mixer.map(({ adapter, on, weight, textWeight }): RowLine => {
      const card = cards.find(({ id }) => id === adapter) ?? null;
      return { from: 'mixer', id: adapter, on, card, strengths: { weight, textWeight } };
    }),
    ...adapterTags(prompt).map((tag, place): TagLine => {
      const { name, weight, textWeight } = tag;
      return { from: 'prompt', tag, place, card: cardNamed(cards, name), strengths: { weight, textWeight } };
    }),
  ];
}

/** What is wrong with a tag, in one sentence. */
export function tagFault({ tag, card }: Pick<TagLine, 'tag' | 'card'>): string | null {
  if (tag.problem !== null) return tag.problem;
  return card === null ? `There is no adapter named “${tag.name}” on the shelf.` : null;
}

/** On the picture, and yet the next one is refused for it. */
export const cannotRun = (line: RowLine | TagLine): boolean =>
  (line.from === 'prompt' && tagFault(line) !== null) ||
  line.card === null ||
  ['other', 'unknown'].includes(standingOf(line.card));

/* ---- changes ---- */

/**
 * Strengths after one of them was moved. Model takes Text with it while both are the same, unless it is moved alone;
 * a file with no text layers has but one.
 */
export function moved(
  before: Strengths,
  part: 'model' | 'text',
  value: number,
  { alone, hasText }: { alone: boolean; hasText: boolean },
): Strengths {
  if (part === 'text') return { ...before, textWeight: value };
  const together = !hasText || (!alone && before.weight === before.textWeight);
  return together ? { weight: value, textWeight: value } : { ...before, weight: value };
}

export function setRow(id: string, change: Partial<Omit<MixerRow, 'adapter'>>): void {
  const { mixer } = generateStore.getState().draft;
  changeDraft({ mixer: mixer.map((row) => (row.adapter === id ? { ...row, ...change } : row)) });
}

export const removeRow = (id: string): void =>
  changeDraft({ mixer: generateStore.getState().draft.mixer.filter(({ adapter }) => adapter !== id) });

/** A row changes places with its neighbour; at the ends it stays. */
export function moveRow(id: string, direction: 1 | -1): void {
  const { mixer } = generateStore.getState().draft;
  const at = mixer.findIndex(({ adapter }) => adapter === id);
  const row = mixer[at];
  if (!row || mixer[at + direction] === undefined) return;
  changeDraft({ mixer: mixer.toSpliced(at, 1).toSpliced(at + direction, 0, row) });
}

/** The numbers of a tag, where it stands in the prompt. */
export function setTag(place: number, strengths: Strengths): void {
  editPrompt(tagRewritten(generateStore.getState().draft.prompt, place, strengths));
}

export function removeTag(place: number): void {
  const { prompt } = generateStore.getState().draft;
  const tag = adapterTags(prompt)[place];
  if (tag) editPrompt(withoutTag(prompt, tag));
}

/** A prompt has no switch: the tag leaves it, and a row that is off keeps its strengths in the mixer. */
export function turnTagOff(line: TagLine): void {
  removeTag(line.place);
  const { mixer } = generateStore.getState().draft;
  const { card, strengths } = line;
  if (!card || mixer.some(({ adapter }) => adapter === card.id)) return;
  changeDraft({ mixer: [...mixer, { adapter: card.id, ...strengths, on: false }] });
}
