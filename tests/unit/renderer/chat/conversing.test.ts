import { beforeEach, describe, expect, test, vi } from 'vitest';
import { usualSampling } from '../../../../app/contracts/chat.js';
import type { Conversation, Turn } from '../../../../app/contracts/conversations.js';
import type { Model } from '../../../../app/contracts/models.js';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import {
  changeSettings,
  createConversation,
  hearChatChanged,
  openConversation,
  showTurn,
  watchChatPanel,
} from '../../../../renderer/chat/browsing.js';
import { chatStore, draftOf } from '../../../../renderer/chat/chat-store.js';
import {
  changeEdit,
  editTurn,
  keepEdit,
  send,
  sendEdit,
  sendText,
  stopAnswer,
  takeRival,
  whyNotSend,
} from '../../../../renderer/chat/conversing.js';
import { liveStore, liveTokens } from '../../../../renderer/chat/live-answer.js';
import { studioStore } from '../../../../renderer/studio/studio-store.js';
import { defaultPreferences } from '../../../../app/contracts/preferences.js';
import { answer, answered, said } from './test-turns.js';

const ask = vi.hoisted(() => vi.fn<(name: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const calls = (name: string): unknown[] =>
  ask.mock.calls.filter(([asked]) => asked === name).map(([, payload]) => payload);

const model = { id: 'embedded-storyteller', name: 'Inkstone storyteller', kind: 'language', missing: false } as Model;
const conversation = (turns: Turn[], shown: string | null, id = 'c'): Conversation => ({
  id,
  title: 'Talk',
  changedAt: 1,
  settings: { model: model.id, system: '', sampling: { ...usualSampling, seed: null, maxTokens: 512 } },
  turns,
  shown,
  draft: '',
});

/** A question with two answers; the first has a question after it. */
const turns = [said('ask', null), answered('one', 'ask'), answered('two', 'ask'), said('more', 'one')];
const running = (id: string, parent: string, text = ''): Turn =>
  answered(id, parent, { text, answer: answer({ state: 'running' }) });

/** What main answers, by request. */
let replies: Record<string, (payload: never) => unknown>;

beforeEach(async () => {
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => setTimeout(draw));
  vi.stubGlobal('cancelAnimationFrame', clearTimeout);
  vi.stubGlobal('document', { activeElement: null, getElementById: () => null });
  vi.stubGlobal('HTMLTextAreaElement', vi.fn<() => void>());
  replies = {
    'chat.list': () => [],
    'chat.get': () => conversation(turns, 'two'),
    'chat.save': () => ({}),
    'chat.fit': () => new Promise(() => undefined),
  };
  ask.mockReset().mockImplementation(async (name, payload) => replies[name]?.(payload as never));
  studioStore.setState({ models: [model], preferences: { ...defaultPreferences, panel: 'chat' } });
  chatStore.setState({ ...chatStore.getInitialState(), conversation: conversation(turns, 'two'), chosen: 'c' });
  await settle();
});

describe('what is written', () => {
  test('goes after the way that is shown, and leaves the composer once main has it', async () => {
    replies['chat.send'] = () => ({ turns: [said('next', 'two'), running('answer', 'next')] });
    sendText('And then?');
    expect(draftOf(chatStore.getState())).toBe('And then?');
    await settle();
    expect(calls('chat.send')).toEqual([{ conversation: 'c', parent: 'two', text: 'And then?' }]);
    expect(draftOf(chatStore.getState())).toBe('');
    expect(chatStore.getState().conversation?.shown).toBe('answer');
    expect(chatStore.getState().running).toEqual({ turn: 'answer', conversation: 'c' });
  });

  test('stays in the composer when main refuses it, with the reason', async () => {
    replies['chat.send'] = () => Promise.reject(new StudioError('bad-input', 'It is too long.'));
    sendText('Words that matter');
    await settle();
    expect(draftOf(chatStore.getState())).toBe('Words that matter');
    expect(chatStore.getState().problem?.message).toBe('It is too long.');
    expect(whyNotSend()).toBeNull();
  });

  test('is sent once, however often the key repeats', async () => {
    replies['chat.send'] = () => ({ turns: [said('n', 'two'), running('r', 'n')] });
    sendText('Once');
    send();
    send();
    await settle();
    expect(calls('chat.send')).toHaveLength(1);
    expect(whyNotSend()).not.toBeNull();
  });

  test('stays with its own conversation', async () => {
    chatStore.setState({ drafts: new Map([['c', 'of the first']]) });
    replies['chat.get'] = () => conversation([], null, 'other');
    await openConversation('other');
    expect(draftOf(chatStore.getState())).toBe('');
    replies['chat.get'] = () => conversation(turns, 'two');
    await openConversation('c');
    expect(draftOf(chatStore.getState())).toBe('of the first');
  });

  test('is asked of a model that is there, or not at all', () => {
    studioStore.setState({ models: [] });
    sendText('Hello');
    expect(whyNotSend()).toBe('Its model is not in the library any more; choose another one.');
    expect(calls('chat.send')).toEqual([]);
  });
});

test('settings are saved before anything is asked of the model', async () => {
  replies['chat.send'] = () => ({ turns: [said('n', 'two'), running('r', 'n')] });
  changeSettings({ system: 'Be brief.' });
  sendText('Hello');
  await settle();
  const names = ask.mock.calls.map(([name]) => name);
  expect(names.indexOf('chat.save')).toBeLessThan(names.indexOf('chat.send'));
  expect(calls('chat.save')).toEqual([{ id: 'c', settings: { system: 'Be brief.' } }]);
});

test('an edit is a sister of the turn it is made from, and a text that was left comes back', async () => {
  replies['chat.send'] = () => ({ turns: [said('ask again', null), running('new', 'ask again')] });
  editTurn('ask');
  changeEdit('ask', 'Another question');
  chatStore.setState({ editing: null });
  editTurn('ask');
  expect(chatStore.getState().edits.get('ask')).toBe('Another question');
  sendEdit('ask');
  await settle();
  expect(calls('chat.send')).toEqual([{ conversation: 'c', parent: null, text: 'Another question' }]);
  expect(chatStore.getState().editing).toBeNull();
  expect(chatStore.getState().edits.has('ask')).toBe(false);
});

test('another branch is shown to its end, and that is remembered', () => {
  showTurn('one');
  expect(chatStore.getState().conversation?.shown).toBe('more');
  expect(calls('chat.save')).toEqual([{ id: 'c', shown: 'more' }]);
});

test('a search leads to its turn, in the branch that it is in', async () => {
  await openConversation('c', 'more');
  expect(chatStore.getState()).toMatchObject({ conversation: { shown: 'more' }, lookAt: { turn: 'more' } });
  expect(calls('chat.save')).toEqual([{ id: 'c', shown: 'more' }]);
  // One on the way that is shown leaves it as it is.
  await openConversation('c', 'ask');
  replies['chat.get'] = () => conversation(turns, 'more');
  expect(chatStore.getState()).toMatchObject({ conversation: { shown: 'two' }, lookAt: { turn: 'ask' } });
  expect(calls('chat.save')).toHaveLength(1);
  replies['chat.get'] = () => conversation([], null, 'other');
  await openConversation('other');
  expect(chatStore.getState().lookAt).toBeNull();
});

describe('an answer that is edited', () => {
  const edited = (text: string): Turn =>
    answered('edited', 'ask', { text, answer: answer({ state: 'edited', edited: true }) });

  test('is a sister, and is shown; nothing is written unless that is asked for', async () => {
    replies['chat.edit-answer'] = ({ text }: { text: string }) => edited(text);
    editTurn('two');
    changeEdit('two', 'Another two');
    keepEdit('two', false);
    await settle();
    expect(calls('chat.edit-answer')).toEqual([{ id: 'two', text: 'Another two' }]);
    expect(calls('chat.go-on')).toEqual([]);
    const { conversation: shown, editing, edits } = chatStore.getState();
    expect(shown?.shown).toBe('edited');
    expect(shown?.turns).toHaveLength(turns.length + 1);
    expect([editing, edits.size]).toEqual([null, 0]);
  });

  test('is gone on with from its end', async () => {
    replies['chat.edit-answer'] = ({ text }: { text: string }) => edited(text);
    replies['chat.go-on'] = () => running('edited', 'ask', 'Another two');
    changeEdit('two', 'Another two');
    keepEdit('two', true);
    await vi.waitFor(() => expect(calls('chat.go-on')).toEqual([{ id: 'edited' }]));
    await vi.waitFor(() => expect(liveStore.getState().live).toMatchObject({ turn: 'edited', base: 'Another two' }));
  });

  test('is left when nothing in it was changed, and kept in the field when main refuses it', async () => {
    editTurn('two');
    keepEdit('two', false);
    await settle();
    expect(calls('chat.edit-answer')).toEqual([]);
    expect(chatStore.getState().editing).toBeNull();
    replies['chat.edit-answer'] = () => {
      throw new StudioError('storage', 'The disk is full.');
    };
    editTurn('two');
    changeEdit('two', 'Another two');
    keepEdit('two', false);
    await settle();
    expect(chatStore.getState()).toMatchObject({ editing: 'two', problem: { message: 'The disk is full.' } });
    expect(chatStore.getState().edits.get('two')).toBe('Another two');
  });
});

test('a rival goes on from the tokens before it, which are shown at once', async () => {
  const tokens = [1, 2, 3].map((id) => ({ id, text: `t${id}`, logprob: -1, top: [] }));
  chatStore.setState({ details: new Map([['two', tokens]]) });
  replies['chat.rival'] = () => running('sister', 'ask', 't1r');
  takeRival({ turn: 'two', at: 1 }, { id: 9, text: 'r', logprob: -2 });
  await settle();
  await settle();
  expect(calls('chat.rival')).toEqual([{ id: 'two', at: 1, token: 9 }]);
  const { live } = liveStore.getState();
  expect(live?.turn).toBe('sister');
  expect(live && liveTokens(live).map(({ id }) => id)).toEqual([1, 9]);
});

test('an answer that has ended elsewhere is no longer running', async () => {
  watchChatPanel();
  await settle();
  chatStore.setState({ running: { turn: 'theirs', conversation: 'other' } });
  replies['chat.get'] = (payload: { id: string }) =>
    payload.id === 'other'
      ? conversation([said('q', null), answered('theirs', 'q')], 'theirs', 'other')
      : conversation(turns, 'two');
  hearChatChanged({ id: 'other' });
  await settle();
  expect(chatStore.getState().running).toBeNull();
  expect(chatStore.getState().conversation?.id).toBe('c');
});

test('a new conversation begins with the model that is shown, be it a fresh one or one that was never used', async () => {
  const mine = { ...model, id: 'mine' };
  studioStore.setState({ models: [model, mine] });
  changeSettings({ model: 'mine' });
  replies['chat.create'] = (wish: object) => ({
    ...conversation([], null, 'new'),
    settings: { ...conversation([], null).settings, ...wish },
  });
  await createConversation();
  expect(calls('chat.create')).toEqual([{ model: 'mine' }]);
  expect(chatStore.getState().conversation).toMatchObject({ id: 'new', settings: { model: 'mine' } });
  chatStore.setState({
    list: [{ id: 'unused', title: '', turns: 0, branches: 1, changedAt: 1, found: null, foundTurn: null }],
  });
  replies['chat.get'] = () => conversation([], null, 'unused');
  await createConversation();
  expect(calls('chat.create')).toHaveLength(1);
  expect(chatStore.getState().conversation).toMatchObject({ id: 'unused', settings: { model: 'mine' } });
  // One whose file is gone is not taken along.
  studioStore.setState({ models: [model, { ...mine, missing: true }] });
  chatStore.setState({ list: [] });
  await createConversation();
  expect(calls('chat.create').at(-1)).toEqual({});
});

test('a new conversation does not take the place of one that was opened while it was made', async () => {
  let made: (made: Conversation) => void = () => undefined;
  replies['chat.create'] = () => new Promise((resolve) => (made = resolve));
  replies['chat.get'] = () => conversation(turns, 'two', 'theirs');
  void createConversation();
  await settle();
  await openConversation('theirs');
  made(conversation([], null, 'fresh'));
  await settle();
  expect(chatStore.getState().conversation?.id).toBe('theirs');
});

test('while another conversation is answered nothing is sent or stopped here, and why is said', async () => {
  chatStore.setState({
    running: { turn: 'theirs', conversation: 'other' },
    list: [{ id: 'other', title: 'Rivers', turns: 2, branches: 1, changedAt: 1, found: null, foundTurn: null }],
  });
  expect(whyNotSend()).toBe('“Rivers” is being answered.');
  sendText('Hello');
  stopAnswer();
  await settle();
  expect(calls('chat.send')).toEqual([]);
  expect(calls('chat.stop')).toEqual([]);
  expect(draftOf(chatStore.getState())).toBe('Hello');
  chatStore.setState({ list: [] });
  expect(whyNotSend()).toBe('Another conversation is being answered.');
  chatStore.setState({ running: { turn: 'ours', conversation: 'c' } });
  stopAnswer();
  expect(calls('chat.stop')).toHaveLength(1);
});

test('of two conversations the one chosen last is shown, however late the first comes', async () => {
  let late: (value: Conversation) => void = () => undefined;
  replies['chat.get'] = (payload: { id: string }) =>
    payload.id === 'slow'
      ? new Promise<Conversation>((resolve) => (late = resolve))
      : conversation([], null, payload.id);
  const slow = openConversation('slow');
  await openConversation('quick');
  late(conversation([], null, 'slow'));
  await slow;
  expect(chatStore.getState().conversation?.id).toBe('quick');
});
