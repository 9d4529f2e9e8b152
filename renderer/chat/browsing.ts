import type { Conversation, ConversationSettings } from '../../app/contracts/conversations.js';
import { ask, asStudioError } from '../bridge.js';
import { offerUndo, reportProblem, say, showToast } from '../studio/notices.js';
import { studioStore } from '../studio/studio-store.js';
import { firstWords } from '../words/numbers.js';
import { chatStore } from './chat-store.js';
import { titleWords } from './chat-words.js';
import { saveDrafts, takeDraft } from './drafts.js';
import { focusComposer } from './focus.js';
import { endLive, joinLive } from './live-answer.js';
import { modelNow, refreshFit } from './model-fit.js';
import { loadPresets } from './preset-list.js';
import { sistersOf, tipOf, treeOf, wayTo } from './turns-tree.js';

/** Conversations: the list, the one that is shown, and what is done with one as a whole. */

let opened = false;

/** Everything is read when the panel is first looked at. */
export function watchChatPanel(): void {
  const look = (): void => {
    if (opened || studioStore.getState().preferences.panel !== 'chat') return;
    opened = true;
    void openFirst();
  };
  look();
  studioStore.subscribe(look);
  globalThis.addEventListener?.('pagehide', () => {
    saveDrafts();
    void saveSettings();
  });
}

export async function openFirst(): Promise<void> {
  void loadPresets();
  await loadList();
  const { list, listProblem, conversation } = chatStore.getState();
  if (listProblem || conversation) return;
  const [first] = list;
  if (first) await openConversation(first.id);
  else await createConversation();
}

let asked = 0;

export async function loadList(): Promise<void> {
  asked += 1;
  const mine = asked;
  const { text } = chatStore.getState();
  try {
    const list = await ask('chat.list', { text });
    if (mine === asked) chatStore.setState({ list, listState: 'ready', listProblem: null });
  } catch (error) {
    if (mine === asked) chatStore.setState({ listState: 'ready', listProblem: asStudioError(error) });
  }
}

const SEARCH_AFTER_MS = 120;
let searching: ReturnType<typeof setTimeout> | undefined;

export function search(text: string): void {
  chatStore.setState({ text });
  clearTimeout(searching);
  searching = setTimeout(() => void loadList(), SEARCH_AFTER_MS);
}

/** The one chosen last is shown, however late the others come. With a turn: the branch that it is in, from there on. */
export async function openConversation(id: string, turn: string | null = null): Promise<void> {
  chatStore.setState({ chosen: id, ...(turn === null ? {} : { lookAt: null }) });
  try {
    const conversation = await ask('chat.get', { id });
    if (chatStore.getState().chosen !== id) return;
    show(conversation);
    if (turn !== null) lookAt(turn);
  } catch (error) {
    if (chatStore.getState().chosen !== id) return;
    if (asStudioError(error).kind === 'not-found') void openAnother(id);
    else chatStore.setState({ problem: asStudioError(error) });
  }
}

function lookAt(turn: string): void {
  const { conversation } = chatStore.getState();
  if (!conversation || !treeOf(conversation.turns).byId.has(turn)) return;
  if (wayTo(conversation.turns, conversation.shown).every(({ id }) => id !== turn)) showTurn(turn);
  chatStore.setState({ lookAt: { turn } });
}

/** Shows the way through a turn from now on. */
export function showTurn(id: string): void {
  const { conversation } = chatStore.getState();
  if (!conversation) return;
  const shown = tipOf(conversation.turns, id);
  if (shown === conversation.shown) return;
  chatStore.setState({ conversation: { ...conversation, shown }, openToken: null, editing: null, lookAt: null });
  ask('chat.save', { id: conversation.id, shown }).catch(reportProblem);
  const sisters = sistersOf(conversation.turns, id);
  if (sisters.length > 1) say(`Branch ${sisters.findIndex((turn) => turn.id === id) + 1} of ${sisters.length}`);
}

function show(conversation: Conversation): void {
  const before = chatStore.getState().conversation;
  const other = before?.id !== conversation.id;
  chatStore.setState({
    conversation: { ...conversation, settings: { ...conversation.settings, ...unsavedOf(conversation.id) } },
    chosen: conversation.id,
    ...(other ? { editing: null, openToken: null, problem: null, count: null, lookAt: null } : {}),
  });
  takeDraft(conversation.id, conversation.draft);
  settleRunning(conversation);
  if (other) refreshFit();
}

/** What of the running answer this conversation tells: that it is in it, or that it has ended. */
function settleRunning({ id, turns }: Conversation): void {
  const { running } = chatStore.getState();
  const turn = turns.find(({ answer }) => answer?.state === 'running');
  if (turn) {
    chatStore.setState({ running: { turn: turn.id, conversation: id } });
    joinLive(turn, id);
    return;
  }
  if (running?.conversation !== id) return;
  chatStore.setState({ running: null });
  endLive(running.turn);
  refreshFit();
  const ended = turns.find((one) => one.id === running.turn);
  if (ended?.answer) say(`${ended.answer.model.name} answered: ${firstWords(ended.text, 1000)}`);
}

let reading = false;
let readAgain = false;

/** The shown one changed otherwise than by new tokens; several changes at once are read once. */
async function readShown(): Promise<void> {
  if (reading) {
    readAgain = true;
    return;
  }
  reading = true;
  do {
    readAgain = false;
    const { chosen } = chatStore.getState();
    if (chosen !== null) await openConversation(chosen);
  } while (readAgain);
  reading = false;
}

export function hearChatChanged({ id }: { id: string | null }): void {
  if (!opened) return;
  const { chosen, running } = chatStore.getState();
  void loadList();
  if (id === null || id === chosen) void readShown();
  if (running && running.conversation !== chosen && (id === null || id === running.conversation)) {
    ask('chat.get', { id: running.conversation }).then(settleRunning, () => {
      chatStore.setState({ running: null });
      endLive(running.turn);
    });
  }
}

/**
 * With the model that is shown. One that nothing was said in yet is as new as any: there is never a second.
 */
export async function createConversation(): Promise<void> {
  const { list, text } = chatStore.getState();
  const empty = list.find(({ turns }) => turns === 0);
  const shown = modelNow();
  const model = shown && !shown.missing ? shown.id : null;
  if (text !== '') search('');
  if (empty) {
    await openConversation(empty.id);
    const { conversation } = chatStore.getState();
    if (model !== null && conversation?.id === empty.id && conversation.settings.model !== model) {
      changeSettings({ model });
      refreshFit();
    }
    return focusComposer();
  }
  const { chosen } = chatStore.getState();
  try {
    const made = await ask('chat.create', model === null ? {} : { model });
    // One that was opened or imported meanwhile stays in sight.
    if (chatStore.getState().chosen === chosen) {
      show(made);
      focusComposer();
    }
    await loadList();
  } catch (error) {
    chatStore.setState({ problem: asStudioError(error) });
  }
}

/** The one below, or above, or a new one. */
async function openAnother(gone: string): Promise<void> {
  const { list } = chatStore.getState();
  const at = list.findIndex(({ id }) => id === gone);
  const next = list[at + 1] ?? list[at - 1];
  if (next && next.id !== gone) await openConversation(next.id);
  else {
    await loadList();
    await createConversation();
  }
}

/** Open the conversation that many places further down the list. */
export function walkList(by: number): void {
  const { list, chosen } = chatStore.getState();
  const at = list.findIndex(({ id }) => id === chosen);
  const next = list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))];
  if (next && next.id !== chosen) void openConversation(next.id, next.foundTurn);
}

export function renameConversation(id: string, title: string): void {
  chatStore.setState({ renaming: null });
  const plain = title.trim().replace(/\s+/g, ' ').slice(0, 200);
  const { list, conversation } = chatStore.getState();
  if (plain === '' || list.find((one) => one.id === id)?.title === plain) return;
  chatStore.setState({
    list: list.map((one) => (one.id === id ? { ...one, title: plain } : one)),
    conversation: conversation?.id === id ? { ...conversation, title: plain } : conversation,
  });
  ask('chat.save', { id, title: plain }).catch(reportProblem);
}

export function deleteConversation(id: string): void {
  const { list, conversation } = chatStore.getState();
  const title = titleWords(list.find((one) => one.id === id)?.title ?? '');
  ask('chat.delete', { id }).then(async () => {
    if (conversation?.id === id) await openAnother(id);
    chatStore.setState((state) => ({ list: state.list.filter((one) => one.id !== id) }));
    offerUndo(`“${title}” is deleted.`, () => {
      ask('chat.restore', { id }).then(() => openConversation(id), reportProblem);
    });
  }, reportProblem);
}

export function exportConversation(format: 'json' | 'markdown'): void {
  const { conversation } = chatStore.getState();
  if (!conversation) return;
  ask('chat.export', { id: conversation.id, format }).then((written) => {
    if (written) showToast({ tone: 'info', text: `Exported to ${written.path}`, action: null });
  }, reportProblem);
}

/** One that was just read, and is newer than what the list knows. */
export function showImported(conversation: Conversation): void {
  show(conversation);
  void loadList();
}

export function importConversation(): void {
  ask('chat.import', {}).then((conversation) => {
    if (conversation) showImported(conversation);
  }, reportProblem);
}

const SAVE_AFTER_MS = 300;
interface SettingsChange {
  readonly id: string;
  readonly settings: Partial<ConversationSettings>;
}
let unsaved: SettingsChange | null = null;
let saving: ReturnType<typeof setTimeout> | undefined;
/** Changes on their way, in order: main may take seconds to look at a new model. */
let underway: readonly SettingsChange[] = [];
let saved: Promise<void> = Promise.resolve();

const unsavedOf = (id: string): Partial<ConversationSettings> =>
  Object.assign({}, ...[...underway, unsaved].map((change) => (change?.id === id ? change.settings : {})));

/** Takes effect at once for the next answer; saved when the hand has rested for a moment. */
export function changeSettings(settings: Partial<ConversationSettings>): void {
  const { conversation } = chatStore.getState();
  if (!conversation) return;
  if (unsaved && unsaved.id !== conversation.id) void saveSettings();
  chatStore.setState({ conversation: { ...conversation, settings: { ...conversation.settings, ...settings } } });
  unsaved = { id: conversation.id, settings: { ...unsaved?.settings, ...settings } };
  clearTimeout(saving);
  saving = setTimeout(() => void saveSettings(), SAVE_AFTER_MS);
}

/** Also called before anything is asked of the model, so that it is asked with what is shown. */
export function saveSettings(): Promise<void> {
  clearTimeout(saving);
  const change = unsaved;
  if (!change) return saved;
  unsaved = null;
  underway = [...underway, change];
  saved = saved
    .then(() => ask('chat.save', change))
    .then(() => undefined, reportProblem)
    .finally(() => {
      underway = underway.filter((one) => one !== change);
    });
  return saved;
}
