import { beforeEach, expect, test, vi } from 'vitest';
import { foldToasts, msOf, noticesStore, offerUndo, showToast, undoLast } from '../../../../renderer/studio/notices.js';

beforeEach(() => noticesStore.setState({ toasts: [], undos: [], polite: '' }));

test('what is done last is undone first, each once', () => {
  const first = vi.fn<() => void>();
  const second = vi.fn<() => void>();
  offerUndo('1 picture moved to the bin.', first);
  offerUndo('3 pictures moved to the bin.', second);
  undoLast();
  expect(second).toHaveBeenCalledOnce();
  expect(first).not.toHaveBeenCalled();
  undoLast();
  undoLast();
  expect(first).toHaveBeenCalledOnce();
  expect(second).toHaveBeenCalledOnce();
});

test('an undo outlives its toast', () => {
  const undo = vi.fn<() => void>();
  offerUndo('1 picture moved to the bin.', undo);
  noticesStore.setState({ toasts: [] });
  undoLast();
  expect(undo).toHaveBeenCalledOnce();
});

test('errors stay until they are closed, other news goes by itself', () => {
  showToast({ tone: 'info', text: 'News', action: null });
  showToast({ tone: 'bad', text: 'Trouble', action: null });
  expect(noticesStore.getState().toasts.map(({ stays }) => stays)).toEqual([false, true]);
});

test('good news is short, and what can be taken back or is a warning stays longer', () => {
  expect(msOf({ tone: 'info', action: null })).toBe(6000);
  expect(msOf({ tone: 'info', action: { label: 'Undo', run: () => undefined } })).toBe(10_000);
  expect(msOf({ tone: 'warn', action: null })).toBe(10_000);
});

test('trouble is folded by its reason: another one is never hidden', () => {
  for (const text of [
    'my old ink.safetensors is cut short: 3 bytes are missing.',
    '/loras/b.safetensors is cut short: 40 bytes are missing.',
    'c.safetensors is cut short: 5 bytes are missing.',
    'd.safetensors is cut short: 6 bytes are missing.',
    'e.safetensors is a LoKr file: not supported yet.',
  ]) {
    showToast({ tone: 'warn', text, action: null });
  }
  const folded = foldToasts(noticesStore.getState().toasts);
  expect(folded.filter(({ hidden }) => hidden).map(({ toast }) => toast.text)).toEqual([
    'my old ink.safetensors is cut short: 3 bytes are missing.',
  ]);
  expect(folded.map((one) => one.folded)).toEqual([0, 0, 0, 1, 0]);
});

test('a notice with the same id replaces the one before', () => {
  showToast({ id: 'engine', tone: 'warn', text: 'The engine starts again.', action: null });
  showToast({ id: 'engine', tone: 'info', text: 'The engine is back.', action: null });
  expect(noticesStore.getState().toasts.map(({ text }) => text)).toEqual(['The engine is back.']);
});

test('more than three of a kind are folded behind the newest', () => {
  for (let made = 0; made < 5; made += 1) showToast({ tone: 'warn', text: `File ${made}`, action: null });
  showToast({ tone: 'info', text: 'News', action: null });
  const folded = foldToasts(noticesStore.getState().toasts);
  expect(folded.filter(({ hidden }) => !hidden).map(({ toast }) => toast.text)).toEqual([
    'File 2',
    'File 3',
    'File 4',
    'News',
  ]);
  expect(folded.map((one) => one.folded)).toEqual([0, 0, 0, 0, 2, 0]);
});
