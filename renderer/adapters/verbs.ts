import type { AdapterCard } from '../../app/contracts/adapters.js';
import { ask } from '../bridge.js';
import { addToMixer, mixerRow, removeFromMixer } from '../generate/mixer.js';
import { generateStore } from '../generate/generate-store.js';
import { offerUndo, reportProblem, say, showToast } from '../studio/notices.js';
import { changeCard, refreshShelf, shelfStore } from '../studio/shelf-store.js';
import { modelById, studioStore } from '../studio/studio-store.js';
import { standingOf, standingSentence } from '../words/adapters.js';
import { plural } from '../words/numbers.js';
import { adaptersStore } from './adapters-store.js';
import { choose, chooseNeighbour } from './browsing.js';

/** What a person does to an adapter of the shelf. Each is seen at once; main's `adapters.changed` makes it so. */

type Kept = Partial<Pick<AdapterCard, 'rating' | 'tags' | 'note'>>;

/** When it fails the shelf is asked again, so that the window shows what is on disk. */
function save(id: string, kept: Kept): void {
  changeCard(id, kept);
  ask('adapters.save', { id, ...kept }).catch((error: unknown) => {
    reportProblem(error);
    void refreshShelf();
  });
}

export function rate(id: string, rating: number): void {
  save(id, { rating });
  say(rating === 0 ? 'No stars' : plural(rating, 'star'));
}

const MOST_STARS = 5;

/** Five stars, or none again. */
export const favourite = ({ id, rating }: AdapterCard): void => rate(id, rating === MOST_STARS ? 0 : MOST_STARS);

export function addTag({ id, tags }: AdapterCard, text: string): void {
  const tag = text.trim();
  if (tag !== '' && !tags.includes(tag)) save(id, { tags: [...tags, tag] });
}

export const removeTag = ({ id, tags }: AdapterCard, tag: string): void =>
  save(id, { tags: tags.filter((one) => one !== tag) });

export const saveNote = (id: string, note: string): void => save(id, { note });

export const reveal = (id: string): void => void ask('adapters.reveal', { id }).catch(reportProblem);

export const inPicture = (id: string): boolean => Boolean(mixerRow(generateStore.getState().draft, id));

/** One of another base may wait in the mixer for its model; what can never run may not. */
export const whyNotAdd = (card: AdapterCard): string | null =>
  !card.missing && card.problem === null ? null : standingSentence(card, '');

/** The name of the model in use, for sentences. */
const modelName = (): string => {
  const { models } = studioStore.getState();
  return modelById(models, generateStore.getState().draft.model)?.name ?? 'the model';
};

/** On the picture or off it; what cannot be put on, or waits for another model, says so. */
export function toggleOrSay(card: AdapterCard): void {
  const why = inPicture(card.id) ? null : whyNotAdd(card);
  if (why === null) toggleInPicture(card);
  else tellWhy(`${card.name} cannot be added. ${why}`);
}

/** A key that cannot act says why: nothing is silent. */
export const tellWhy = (text: string): void => showToast({ id: 'why-not', tone: 'warn', text, action: null });

/** On the picture at the strength it was looked at, or off it. */
export function toggleInPicture(card: AdapterCard): void {
  const { id, name } = card;
  if (inPicture(id)) {
    removeFromMixer(id);
    say(`${name} taken off the picture`);
  } else {
    addToMixer(id, adaptersStore.getState().strengths.get(id));
    const standing = standingOf(card);
    if (standing !== 'other' && standing !== 'unknown') say(`${name} added to the picture`);
    else tellWhy(`Added to the picture. ${standingSentence(card, modelName())}`);
  }
}

/** Lies in a folder that is watched: then it is on the shelf as long as it lies there. */
export function watchedFolderOf({ path }: AdapterCard): string | null {
  const { folders } = shelfStore.getState();
  return (
    folders.find((folder) => path.startsWith(folder.path) && /^[\\/]/.test(path.slice(folder.path.length)))?.path ??
    null
  );
}

/** Off the shelf; the file stays. Undo adds it again, with its stars, tags and note. */
export function forget(card: AdapterCard): void {
  chooseNeighbour(card.id);
  ask('adapters.forget', { id: card.id }).then(() => {
    offerUndo(`${card.name} is off the shelf. Its file stays where it is.`, () => {
      ask('adapters.add', { paths: [card.path] }).then(({ ids, notices }) => {
        const [id] = ids;
        if (id === undefined) return tellAdded({ ids, notices });
        save(id, { rating: card.rating, tags: card.tags, note: card.note });
        return choose(id);
      }, reportProblem);
    });
    return refreshShelf();
  }, reportProblem);
}

export function addByDialog(what: 'files' | 'folder'): void {
  ask('adapters.choose', { what }).then(tellAdded, reportProblem);
}

function tellAdded({ ids, notices }: { ids: readonly string[]; notices: readonly string[] }): void {
  for (const text of notices) showToast({ tone: 'warn', text, action: null });
  const [first] = ids;
  if (first === undefined) return;
  choose(first);
  if (ids.length > 1) say(`${plural(ids.length, 'adapter')} added`);
}

export function unwatch(path: string): void {
  ask('adapters.unwatch', { path }).then(() => {
    offerUndo('The folder is no longer watched. Stars, tags and notes are kept.', () => {
      ask('adapters.add', { paths: [path] }).then(tellAdded, reportProblem);
    });
  }, reportProblem);
}
