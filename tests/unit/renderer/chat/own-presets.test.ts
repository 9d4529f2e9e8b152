import { beforeEach, expect, test, vi } from 'vitest';
import { usualSampling } from '../../../../app/contracts/chat.js';
import type { ChatPreset, Conversation } from '../../../../app/contracts/conversations.js';
import { setDraft, saveDrafts, takeDraft } from '../../../../renderer/chat/drafts.js';
import { chatStore, draftOf } from '../../../../renderer/chat/chat-store.js';
import { keepPreset, presetOf, takePreset, whyNotName } from '../../../../renderer/chat/own-presets.js';

const ask = vi.hoisted(() => vi.fn<(name: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const sampling = { ...usualSampling, maxTokens: 512 };
const brief: ChatPreset = { id: 'p', name: 'Brief', system: 'Be brief.', sampling: { ...sampling, temperature: 0.2 } };
const conversation: Conversation = {
  ...{ id: 'c', title: 'Talk', changedAt: 1, turns: [], shown: null, draft: '' },
  settings: { model: 'm', system: '', sampling: { ...sampling, seed: 5 } },
};
const calls = (name: string): unknown[] =>
  ask.mock.calls.filter(([asked]) => asked === name).map(([, payload]) => payload);
const settings = () => chatStore.getState().conversation?.settings ?? conversation.settings;

beforeEach(() => {
  ask.mockReset().mockImplementation((name) => Promise.resolve(name === 'chat.presets' ? [brief] : {}));
  chatStore.setState({ ...chatStore.getInitialState(), conversation, presets: [brief] });
});

test('a preset brings its system prompt and its sampling, and leaves model and seed', () => {
  expect(presetOf([brief], settings())).toBeUndefined();
  takePreset(brief);
  expect(settings()).toEqual({ model: 'm', system: 'Be brief.', sampling: { ...brief.sampling, seed: 5 } });
  expect(presetOf([brief], settings())).toBe(brief);
});

test('what is kept under a name that is there takes its place', () => {
  keepPreset(' New ');
  keepPreset('BRIEF');
  const { system } = settings();
  expect(calls('chat.save-preset')).toEqual([
    { name: 'New', system, sampling },
    { id: 'p', name: 'BRIEF', system, sampling },
  ]);
});

test('a name is refused where it is empty, the studio’s own, or that of another', () => {
  expect(whyNotName([brief], ' ', null)).toBe('Give it a name.');
  expect(whyNotName([brief], 'short answers', null)).toBe('The studio has one of this name.');
  expect(whyNotName([brief], 'brief', null)).toBeNull();
  expect(whyNotName([brief], 'brief', 'p')).toBeNull();
  expect(whyNotName([brief], 'brief', 'other')).toBe('There is one of this name.');
});

test('what is being written is saved when typing rests, and at once when the window goes', async () => {
  vi.useFakeTimers();
  setDraft('Dear');
  setDraft('Dear boat');
  expect(calls('chat.save')).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(calls('chat.save')).toEqual([{ id: 'c', draft: 'Dear boat' }]);
  setDraft('Dear boat,');
  saveDrafts();
  await vi.advanceTimersByTimeAsync(500);
  expect(calls('chat.save').slice(1)).toEqual([{ id: 'c', draft: 'Dear boat,' }]);
  vi.useRealTimers();
});

test('what was written here since is not overwritten by what main has', () => {
  takeDraft('c', 'from before');
  expect(draftOf(chatStore.getState())).toBe('from before');
  setDraft('');
  takeDraft('c', 'from before');
  expect(draftOf(chatStore.getState())).toBe('');
  saveDrafts();
});
