import type { ChatToken, Rival } from '../../app/contracts/chat.js';
import type { Conversation, Turn } from '../../app/contracts/conversations.js';
import { ask, asStudioError } from '../bridge.js';
import { reportProblem, say } from '../studio/notices.js';
import { studioStore } from '../studio/studio-store.js';
import { loadList, saveSettings, showTurn } from './browsing.js';
import { answeredElsewhere, chatStore, draftOf, isAnsweredHere, withEntry, type TokenPlace } from './chat-store.js';
import { answeredElsewhereWords } from './chat-words.js';
import { keepDraft, setDraft } from './drafts.js';
import { focusComposer, focusedTurn, keepTokenFocus } from './focus.js';
import { beginLive, liveStore, liveTokens } from './live-answer.js';
import { modelNow } from './model-fit.js';
import { sistersOf, treeOf, wayTo, withTurns } from './turns-tree.js';

/** What is said: sending, answering again, going on, branches. Every verb asks main and shows what it answers. */

/** The turns that are shown. */
export const wayNow = (): Turn[] => {
  const { conversation } = chatStore.getState();
  return conversation ? wayTo(conversation.turns, conversation.shown) : [];
};

function whyElsewhere(): string | null {
  const elsewhere = answeredElsewhere(chatStore.getState());
  return elsewhere && answeredElsewhereWords(elsewhere.title);
}

/** Why no answer can begin now, in one sentence; null when one can. */
export function whyNotAnswer(): string | null {
  const { conversation, running, asking } = chatStore.getState();
  if (!conversation) return 'No conversation is open.';
  const elsewhere = whyElsewhere();
  if (elsewhere !== null) return elsewhere;
  if (running || asking) return 'An answer is being written; it ends or is stopped first.';
  const model = modelNow();
  if (!model) return 'Its model is not in the library any more; choose another one.';
  return model.missing ? `${model.name} is not found on the disk; choose another one.` : null;
}

/** Whoever asks while something else is asked is not heard: keys repeat. */
function begin(
  request: (conversation: Conversation) => Promise<readonly Turn[]>,
  baseTokens?: readonly ChatToken[],
): void {
  const { conversation } = chatStore.getState();
  if (!conversation || whyNotAnswer() !== null) return;
  chatStore.setState({ asking: true, problem: null, openToken: null });
  saveSettings()
    .then(() => request(conversation))
    .then((turns) => {
      take(conversation.id, turns, baseTokens);
      // Not waited for: a short answer may end before the list is there, and then the next one may begin.
      void loadList();
    })
    .catch((error: unknown) => chatStore.setState({ problem: asStudioError(error) }))
    .finally(() => chatStore.setState({ asking: false }));
}

/** Turns that main made: the last of them is shown, and is written if it is an answer. */
function take(id: string, turns: readonly Turn[], baseTokens?: readonly ChatToken[]): void {
  const last = turns.at(-1);
  if (!last) return;
  chatStore.setState(({ conversation, details }) => {
    const left = new Map(details);
    left.delete(last.id);
    if (conversation?.id !== id) return { details: left };
    return {
      details: left,
      lookAt: null,
      conversation: { ...conversation, turns: withTurns(conversation.turns, turns), shown: last.id },
    };
  });
  if (last.answer?.state !== 'running') return;
  chatStore.setState({ running: { turn: last.id, conversation: id } });
  beginLive(last, id, baseTokens);
}

export function whyNotSend(): string | null {
  // Said even before anything is written: Send would do nothing.
  const elsewhere = whyElsewhere();
  if (elsewhere !== null) return elsewhere;
  return draftOf(chatStore.getState()).trim() === '' ? 'Write something first.' : whyNotAnswer();
}

/** What was written goes after the way that is shown. It stays in the composer until main has it. */
export function send(): void {
  if (whyNotSend() !== null) return;
  const text = draftOf(chatStore.getState());
  begin(async (conversation) => {
    const { turns } = await ask('chat.send', { conversation: conversation.id, parent: conversation.shown, text });
    const { drafts } = chatStore.getState();
    if (drafts.get(conversation.id) === text) keepDraft(conversation.id, '');
    return turns;
  });
}

/** What is tried is shown in the composer first, and sent at once. */
export function sendText(text: string): void {
  setDraft(text);
  send();
}

/** The answer that a verb is about: the focused one, else the last that is shown. */
export function answerInHand(): Turn | null {
  const way = wayNow();
  const focused = way.find(({ id, role }) => id === focusedTurn() && role === 'assistant');
  return focused ?? way.findLast(({ role }) => role === 'assistant') ?? null;
}

export function again(id: string): void {
  begin(async () => [await ask('chat.again', { id })]);
}

export function goOn(id: string): void {
  const { details } = chatStore.getState();
  begin(async () => [await ask('chat.go-on', { id })], details.get(id));
}

/** A sister of an answer: the same up to token `at`, then the rival, then whatever follows. */
export function takeRival({ turn, at }: TokenPlace, rival: Rival): void {
  const before = tokensOf(turn).slice(0, at);
  const token = tokensOf(turn)[at];
  begin(async () => {
    const sister = await ask('chat.rival', { id: turn, at, token: rival.id });
    keepTokenFocus({ turn: sister.id, at });
    return [sister];
  }, [...before, { ...rival, top: token?.top ?? [] }]);
}

/** Only the one that is in sight: what is written elsewhere is not stopped unseen. */
export function stopAnswer(): void {
  if (isAnsweredHere(chatStore.getState())) ask('chat.stop', {}).catch(reportProblem);
}

/** A turn, one's own or an answer, becomes a field with its text, or with what was made of it before. */
export function editTurn(id: string): void {
  const { conversation, edits } = chatStore.getState();
  const turn = conversation ? treeOf(conversation.turns).byId.get(id) : undefined;
  if (!turn || turn.answer?.state === 'running') return;
  chatStore.setState({ editing: id, edits: edits.has(id) ? edits : withEntry(edits, id, turn.text) });
}

export const changeEdit = (id: string, text: string): void =>
  chatStore.setState(({ edits }) => ({ edits: withEntry(edits, id, text) }));

/** Back to the thread; what was written comes back when the turn is edited again. */
export function leaveEdit(): void {
  chatStore.setState({ editing: null });
  focusComposer();
}

/** The edited turn is a sister of the old one, which stays as a branch. */
export function sendEdit(id: string): void {
  const { conversation, edits } = chatStore.getState();
  const turn = conversation ? treeOf(conversation.turns).byId.get(id) : undefined;
  const text = edits.get(id) ?? '';
  if (!turn || text.trim() === '' || whyNotAnswer() !== null) return;
  begin(async (open) => {
    const { turns } = await ask('chat.send', { conversation: open.id, parent: turn.parent, text });
    const left = new Map(chatStore.getState().edits);
    left.delete(id);
    chatStore.setState({ edits: left, editing: null });
    focusComposer();
    return turns;
  });
}

/** The edited answer is a sister of the old one; `andGoOn`: the model writes on from its end. An answer that is as it was is left. */
export function keepEdit(id: string, andGoOn: boolean): void {
  const { conversation, edits } = chatStore.getState();
  const turn = conversation ? treeOf(conversation.turns).byId.get(id) : undefined;
  const text = edits.get(id) ?? '';
  if (!conversation || !turn || text.trim() === '') return;
  if (text === turn.text) {
    leaveEdit();
    if (andGoOn) goOn(id);
    return;
  }
  if (andGoOn && whyNotAnswer() !== null) return;
  ask('chat.edit-answer', { id, text }).then(
    (sister) => {
      const left = new Map(chatStore.getState().edits);
      left.delete(id);
      chatStore.setState({ edits: left, editing: null, problem: null, openToken: null });
      take(conversation.id, [sister]);
      focusComposer();
      void loadList();
      if (andGoOn) goOn(sister.id);
    },
    (error: unknown) => chatStore.setState({ problem: asStudioError(error) }),
  );
}

/** The last turn of one's own that is shown. */
export const lastOwnTurn = (): Turn | null => wayNow().findLast(({ role }) => role === 'user') ?? null;

/** Where keys switch branches: at the focused turn, else at the last place on the way that has any. */
function branchingTurn(): Turn | null {
  const { conversation } = chatStore.getState();
  if (!conversation) return null;
  const branching = wayNow().filter(({ id }) => sistersOf(conversation.turns, id).length > 1);
  const focused = focusedTurn();
  return branching.find(({ id }) => id === focused) ?? branching.at(-1) ?? null;
}

export const whyNotBranch = (): string | null =>
  branchingTurn() ? null : 'There is only one way through this conversation.';

export function switchBranch(by: 1 | -1, from: Turn | null = branchingTurn()): void {
  const { conversation } = chatStore.getState();
  if (!conversation || !from) return;
  const sisters = sistersOf(conversation.turns, from.id);
  const next = sisters[sisters.findIndex(({ id }) => id === from.id) + by];
  if (next) showTurn(next.id);
}

/** As they are known: of a running answer those that came, of a finished one those that were asked for. */
export function tokensOf(turn: string): readonly ChatToken[] {
  const { live } = liveStore.getState();
  if (live?.turn === turn) return liveTokens(live);
  return chatStore.getState().details.get(turn) ?? [];
}

const asked = new Set<string>();

/** Asks for them once; those of a running answer come by themselves. */
export function loadTokens({ id, answer }: Turn): void {
  if (!answer?.hasTokens || answer.state === 'running' || asked.has(id) || chatStore.getState().details.has(id)) return;
  asked.add(id);
  ask('chat.token-details', { id })
    .then((tokens) => chatStore.setState(({ details }) => ({ details: withEntry(details, id, tokens) })), reportProblem)
    .finally(() => asked.delete(id));
}

export function copyText(text: string): void {
  navigator.clipboard.writeText(text).then(() => say('Copied'), reportProblem);
}

const COUNT_AFTER_MS = 250;

/** Counts tokens when typing pauses, and after everything that changes the way; a count that comes late is dropped. */
export function watchTokenCount(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  const count = async (): Promise<void> => {
    last += 1;
    const mine = last;
    const { conversation } = chatStore.getState();
    if (!conversation || studioStore.getState().preferences.panel !== 'chat') return;
    const { id, shown } = conversation;
    await saveSettings();
    const tokens = await ask('chat.count-tokens', {
      conversation: id,
      parent: shown,
      text: draftOf(chatStore.getState()),
    }).catch(() => null);
    if (mine === last && chatStore.getState().conversation?.id === id) chatStore.setState({ count: tokens });
  };
  chatStore.subscribe((state, before) => {
    const same =
      draftOf(state) === draftOf(before) &&
      state.running === before.running &&
      state.conversation?.id === before.conversation?.id &&
      state.conversation?.shown === before.conversation?.shown &&
      state.conversation?.settings.model === before.conversation?.settings.model &&
      state.conversation?.settings.system === before.conversation?.settings.system;
    if (same) return;
    clearTimeout(timer);
    timer = setTimeout(() => void count(), COUNT_AFTER_MS);
  });
}
