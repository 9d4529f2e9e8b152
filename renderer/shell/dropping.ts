import type { AdapterCard } from '../../app/contracts/adapters.js';
import { choose } from '../adapters/browsing.js';
import { ask, asStudioError, pathOf } from '../bridge.js';
import { showImported } from '../chat/browsing.js';
import { titleWords } from '../chat/chat-words.js';
import { chatWith } from '../chat/model-choice.js';
import { takeNetwork } from '../evaluate/drafting.js';
import { dropOnEvaluate } from '../evaluate/dropped.js';
import { generateStore } from '../generate/generate-store.js';
import { importModel } from '../generate/drafting.js';
import { addToMixer } from '../generate/mixer.js';
import { reportProblem, showToast } from '../studio/notices.js';
import { refreshShelf, shelfStore } from '../studio/shelf-store.js';
import { isTextField } from '../keyboard/dispatch.js';
import { modelById, studioStore } from '../studio/studio-store.js';
import { standingOf, standingSentence } from '../words/adapters.js';
import { count, plural } from '../words/numbers.js';
import { openPanel } from './actions.js';

export interface DropWords {
  readonly pictures: number;
  readonly others: number;
}

/** While something is dragged only its media type is known: pictures have one, folders and models do not. */
export const wordsFor = (items: readonly { kind: string; type: string }[]): DropWords => {
  const files = items.filter(({ kind }) => kind === 'file');
  const pictures = files.filter(({ type }) => type.startsWith('image/')).length;
  return { pictures, others: files.length - pictures };
};

const isPicture = (file: File): boolean => file.type.startsWith('image/');

/** Something that was let go over the window. */
export interface Dropped {
  readonly path: string;
  readonly isFolder: boolean;
}

/** `place`: what it was let go over, where that says what a folder becomes. */
export function dropFiles(
  items: readonly { readonly file: File; readonly isFolder: boolean }[],
  place: string | null = null,
): void {
  if (panelNow() === 'evaluate') {
    const dropped = items.map(({ file, isFolder }) => ({ path: pathOf(file), isFolder, isPicture: isPicture(file) }));
    dropOnEvaluate(dropped, place)
      .then((left) => (left.length > 0 ? addDropped(left) : undefined))
      .catch(reportProblem);
    return;
  }
  const picture = items.find(({ file }) => isPicture(file));
  if (picture) readSettingsOf(picture.file);
  const others = items
    .filter(({ file }) => !isPicture(file))
    .map(({ file, isFolder }): Dropped => ({ path: pathOf(file), isFolder }))
    .filter(({ path }) => path !== '');
  if (others.length > 0) addDropped(others).catch(reportProblem);
}

/** What became of dropped things that are no pictures. */
interface Added {
  /** Of adapters. */
  readonly ids: string[];
  /** That are watched from now on. */
  readonly folders: string[];
  readonly notices: string[];
}

/** One after the other, as each is read whole; told once, at the end. */
async function addDropped(dropped: readonly Dropped[]): Promise<void> {
  const ids: string[] = [];
  const notices: string[] = [];
  const folders: string[] = [];
  const known = shelfStore.getState().folders.map(({ path }) => path);
  for (const one of dropped) {
    const added = await (one.isFolder ? addFolder(one.path) : addFile(one.path));
    ids.push(...added.ids);
    notices.push(...added.notices);
    folders.push(...added.folders);
  }
  if (ids.length > 0 || folders.length > 0) await refreshShelf();
  if (folders.length > 0) await folderIsRead();
  const barren = barrenFolders(folders, known);
  for (const path of barren) await leaveFolder(path);
  const { byId } = shelfStore.getState();
  const cards = [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
  const model = modelById(studioStore.getState().models, generateStore.getState().draft.model)?.name ?? 'the model';
  tellAdded(cards, watchedWords(folders.filter((path) => !barren.includes(path))), model);
  // What the one card's own sentence has said is not said twice.
  const said = cards.length === 1 ? cards[0]?.problem : null;
  for (const text of notices) {
    if (!said || !text.startsWith(said)) showToast({ tone: 'warn', text, action: null });
  }
}

/** Formats that adapters come in; a model may lie in them too. */
const MAYBE_ADAPTER = /\.(safetensors|pt|pth|ckpt|bin)$/i;

/** A conversation's export is one; these are parts of models, whose refusal says what to drop instead. */
const MAYBE_CONVERSATION = /(?<!config|index)\.json$/i;

/** In Chat it is shown; elsewhere that is offered. */
async function addConversation(path: string): Promise<void> {
  const conversation = await ask('chat.import', { path });
  if (!conversation) return;
  const onChat = panelNow() === 'chat';
  if (onChat) showImported(conversation);
  const open = (): void => {
    // Before the panel looks for one to show.
    showImported(conversation);
    openPanel('chat');
  };
  showToast({
    tone: 'info',
    text: `“${titleWords(conversation.title)}” is among the conversations.`,
    action: onChat ? null : { label: 'Open it', run: open },
  });
}

/**
 * Tried as an adapter first; what is none may be a model. If it is neither the first sentence stands, unless it surely is a
 * model and the second one says what is wrong with it.
 */
async function addFile(path: string): Promise<Added> {
  if (!MAYBE_ADAPTER.test(path)) {
    const add = MAYBE_CONVERSATION.test(path) ? addConversation : addModel;
    await add(path).catch((error: unknown) => {
      if (panelNow() === 'adapters' && asStudioError(error).kind !== 'cancelled') tellNoAdapter(path);
      else reportProblem(error);
    });
    return { ids: [], folders: [], notices: [] };
  }
  const { ids, notices } = await ask('adapters.add', { paths: [path] });
  if (ids.length > 0) return { ids, folders: [], notices };
  const refusal = await addModel(path).then(() => null, asStudioError);
  if (refusal === null) return { ids: [], folders: [], notices: [] };
  return { ids: [], folders: [], notices: refusal.kind === 'unfit-model' ? [refusal.message] : notices };
}

const panelNow = (): string => studioStore.getState().preferences.panel;
const fileName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

/** On the shelf a person means adapters: what is none is told what the shelf takes. */
const tellNoAdapter = (path: string): void =>
  showToast({
    tone: 'warn',
    text: `${fileName(path)} is no adapter. The shelf takes LoRA files (.safetensors) and folders of them.`,
    action: null,
  });

/** A language model that is dropped on Chat answers there next; elsewhere that is offered. */
async function addModel(path: string): Promise<void> {
  const model = await importModel(path);
  const { panel } = studioStore.getState().preferences;
  const measures = model.kind === 'inception' || model.kind === 'clip';
  const offered = model.kind === 'language' && panel !== 'chat';
  const chat = (): void => {
    openPanel('chat');
    chatWith(model);
  };
  const evaluate = (): void => {
    openPanel('evaluate');
    takeNetwork(model);
  };
  showToast({
    tone: 'info',
    text: `${model.name} is in the library.`,
    action: offered
      ? { label: 'Chat with it', run: chat }
      : measures
        ? { label: 'Evaluate with it', run: evaluate }
        : null,
  });
  if (model.kind === 'language' && panel === 'chat') chatWith(model);
}

/** A folder of a model is a model; any other is watched for adapters. */
async function addFolder(path: string): Promise<Added> {
  try {
    await addModel(path);
    return { ids: [], folders: [], notices: [] };
  } catch (error) {
    // `bad-input`: there is no model in it at all. Whatever else is wrong is a fault of a model, and is said.
    const { kind, message } = asStudioError(error);
    if (kind !== 'bad-input') return { ids: [], folders: [], notices: [message] };
  }
  const { ids, notices } = await ask('adapters.add', { paths: [path] });
  return { ids, folders: notices.length > 0 && ids.length === 0 ? [] : [path], notices };
}

/** A folder of some hundred files is read in a second or two; a longer one is told without its count. */
const READ_WITHIN_MS = 4000;

function folderIsRead(): Promise<void> {
  if (shelfStore.getState().waiting === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      stop();
      clearTimeout(timer);
      resolve();
    };
    const stop = shelfStore.subscribe(({ waiting }) => {
      if (waiting === 0) end();
    });
    const timer = setTimeout(end, READ_WITHIN_MS);
  });
}

const bare = (path: string): string => path.replace(/[\\/]+$/, '');

/** Of the folders just dropped those that hold no adapter. What was watched before stays so, and what is around it. */
function barrenFolders(paths: readonly string[], known: readonly string[]): string[] {
  const { folders, waiting } = shelfStore.getState();
  if (waiting > 0) return [];
  return paths.filter(
    (path) =>
      folders.some((folder) => folder.path === bare(path) && folder.count === 0 && !folder.missing) &&
      !known.some(
        (one) => one === bare(path) || (/^[\\/]/.test(one.slice(bare(path).length)) && one.startsWith(bare(path))),
      ),
  );
}

/** A folder that was dropped by mistake is not watched for ever; whoever means it says so. */
async function leaveFolder(path: string): Promise<void> {
  await ask('adapters.unwatch', { path: bare(path) });
  showToast({
    tone: 'warn',
    text: `${fileName(bare(path))} has no model and no adapter (.safetensors) in it, so it is not watched.`,
    action: {
      label: 'Watch it',
      run: () => {
        ask('adapters.add', { paths: [path] })
          .then(refreshShelf)
          .catch(reportProblem);
      },
    },
  });
}

/** "loras is watched: 12 adapters found." Nothing where there is no folder. */
export function watchedWords(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  const { folders, waiting } = shelfStore.getState();
  const counts = paths.map((path) => folders.find((folder) => folder.path === bare(path))?.count);
  const [only] = paths;
  const who =
    paths.length === 1 && only !== undefined
      ? `${fileName(only)} is watched`
      : `${count(paths.length)} folders are watched`;
  if (waiting > 0 || counts.includes(undefined)) return `${who} for adapters.`;
  const found = counts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  return `${who}: ${found === 0 ? 'no adapter' : plural(found, 'adapter')} found${found === 0 ? ' in it yet' : ''}.`;
}

function tellAdded(cards: readonly AdapterCard[], watched: string, model: string): void {
  const text = addedWords(cards, watched, model);
  if (text === null) return;
  const [first] = cards;
  const single = cards.length === 1 && watched === '' ? first : undefined;
  const onShelf = panelNow() === 'adapters';
  if (onShelf && first) choose(first.id);
  const usable = single && (standingOf(single) === 'fits' || standingOf(single) === 'partial');
  showToast({
    tone: single && !usable ? 'warn' : 'info',
    text,
    action:
      single && usable
        ? {
            label: 'Add to the picture',
            run: () => {
              addToMixer(single.id);
              openPanel('generate');
            },
          }
        : onShelf
          ? null
          : { label: 'Open the shelf', run: () => openPanel('adapters') },
  });
}

/** "flat-ink is on the shelf. 264 of 264 layers match SD." or "4 adapters are on the shelf: 3 fit, 1 does not." */
export function addedWords(cards: readonly AdapterCard[], watched: string, model: string): string | null {
  const [first] = cards;
  if (!first) return watched === '' ? null : watched;
  let words = `${first.name} is on the shelf. ${standingSentence(first, model)}`;
  if (cards.length > 1) {
    const fit = cards.filter((card) => ['fits', 'partial'].includes(standingOf(card))).length;
    const not = cards.length - fit;
    const how =
      not === 0
        ? `all fit ${model}`
        : fit === 0
          ? `none fits ${model}`
          : `${count(fit)} ${fit === 1 ? 'fits' : 'fit'} ${model}, ${count(not)} ${not === 1 ? 'does' : 'do'} not`;
    words = `${plural(cards.length, 'adapter')} are on the shelf: ${how}.`;
  }
  return watched === '' ? words : `${words} ${watched}`;
}

function readSettingsOf(file: File): void {
  const path = pathOf(file);
  if (path === '') {
    showToast({ tone: 'warn', text: 'These are pixels without a file, so they carry no settings.', action: null });
    return;
  }
  ask('gallery.read-settings', { path }).then((read) => {
    if (!read) {
      showToast({ tone: 'warn', text: `${file.name} carries no settings that the studio can read.`, action: null });
      return;
    }
    openPanel('generate');
    generateStore.setState({ offer: { from: file.name, read } });
  }, reportProblem);
}

/** `Ctrl V` outside text: a picture's settings are offered. */
export function listenToPaste(): void {
  window.addEventListener('paste', (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(isPicture);
    if (!file) return;
    const target = event.target instanceof Element ? event.target : null;
    if (isTextField(target) && event.clipboardData?.types.includes('text/plain')) return;
    if (studioStore.getState().preferences.panel === 'settings') return;
    event.preventDefault();
    readSettingsOf(file);
  });
}
