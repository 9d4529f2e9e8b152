import { adapterTags, type AdapterTag } from '../../app/contracts/adapter-tags.js';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import type { ErrorMessage } from '../../app/contracts/errors.js';
import type { GenerationSettings } from '../../app/contracts/generation.js';
import { shelfStore, type ShelfState } from '../studio/shelf-store.js';
import { modelById, studioStore } from '../studio/studio-store.js';
import { standingOf } from '../words/adapters.js';
import { remedyFor } from '../words/errors.js';
import { generateStore, settingsOf } from './generate-store.js';
import { cardNamed, removeRow } from './mixer.js';
import { editPrompt, withoutTag } from './prompt-editing.js';
import { select, shownNow } from './selection.js';

/** Which adapter of a picture an error is about: its button takes that one off, not the model away. */

type Wish = Pick<GenerationSettings, 'model' | 'prompt' | 'adapters'>;
type Cause = Pick<ErrorMessage, 'kind' | 'file'>;

export interface Culprit {
  /** Null where nothing of that id or name is on the shelf. */
  readonly card: AdapterCard | null;
  /** Its rows of the mixer, by shelf id. */
  readonly rows: readonly string[];
  /** Its tags in the prompt, as they are written. */
  readonly tags: readonly string[];
}

/** The adapter of a wish that an error is about, by the error's kind and file; null where it is about none of them. */
export function culpritOf(
  { kind, file }: Cause,
  wish: Wish,
  shelf: Pick<ShelfState, 'cards' | 'byId'>,
): Culprit | null {
  const { cards, byId } = shelf;
  const remedy = remedyFor(kind);
  if (remedy !== 'another-model' && remedy !== 'none') return null;
  const card = file === undefined ? null : (cards.find(({ path }) => path === file) ?? null);
  const tagsThat = (test: (tag: AdapterTag) => boolean): string[] =>
    adapterTags(wish.prompt)
      .filter(test)
      .map(({ start, end }) => wish.prompt.slice(start, end));
  const rowsThat = (test: (id: string) => boolean): string[] =>
    wish.adapters.map(({ adapter }) => adapter).filter(test);
  const found = (rows: readonly string[], tags: readonly string[]): Culprit | null =>
    rows.length + tags.length > 0 ? { card, rows, tags } : null;
  if (card !== null) {
    return found(
      rowsThat((id) => id === card.id),
      tagsThat(({ problem, name }) => problem === null && cardNamed(cards, name)?.id === card.id),
    );
  }
  if (file !== undefined) {
    const model = modelById(studioStore.getState().models, wish.model);
    return model && file.startsWith(model.path)
      ? null
      : found(
          rowsThat((id) => !byId.has(id)),
          [],
        );
  }
  if (kind === 'not-found') {
    return found(
      rowsThat((id) => !byId.has(id)),
      tagsThat(({ problem, name }) => problem === null && cardNamed(cards, name) === null),
    );
  }
  return kind === 'bad-input'
    ? found(
        [],
        tagsThat(({ problem }) => problem !== null),
      )
    : null;
}

/** Off the picture that will be asked for next: rows and tags. */
export function takeOff({ rows, tags }: Culprit): void {
  for (const id of rows) removeRow(id);
  for (const text of tags) {
    const { prompt } = generateStore.getState().draft;
    const tag = adapterTags(prompt).find(({ start, end }) => prompt.slice(start, end) === text);
    if (tag) editPrompt(withoutTag(prompt, tag));
  }
}

const canRun = (card: AdapterCard | null): boolean =>
  card !== null && ['fits', 'partial', 'none'].includes(standingOf(card));

type Place = { readonly wish: Wish; readonly shelf: Pick<ShelfState, 'cards' | 'byId'> };

/** It was there and is not any more: taken off, or its file is back and can be used. */
export function isMended(cause: Cause, before: Place, now: Place): boolean {
  const was = culpritOf(cause, before.wish, before.shelf);
  if (was === null) return false;
  const is = culpritOf(cause, now.wish, now.shelf);
  return is === null || (!canRun(was.card) && canRun(is.card));
}

/** A notice about an adapter goes with its cause: with a row, a tag, a shelf that changes. */
export function watchAdapterFaults(): void {
  const look = (before: Place, now: Place): void => {
    const { problem } = generateStore.getState();
    if (problem && isMended(problem, before, now)) generateStore.setState({ problem: null });
    const shown = shownNow();
    if (shown.kind === 'job' && shown.job.error && isMended(shown.job.error, before, now)) select({ kind: 'follow' });
  };
  generateStore.subscribe(({ draft }, { draft: before }) => {
    if (draft.mixer === before.mixer && draft.prompt === before.prompt) return;
    const shelf = shelfStore.getState();
    look({ wish: settingsOf(before), shelf }, { wish: settingsOf(draft), shelf });
  });
  shelfStore.subscribe((shelf, before) => {
    if (shelf.cards === before.cards || !before.loaded) return;
    const wish = settingsOf(generateStore.getState().draft);
    look({ wish, shelf: before }, { wish, shelf });
  });
}
