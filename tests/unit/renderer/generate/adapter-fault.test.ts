import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { AdapterCard } from '../../../../app/contracts/adapters.js';
import type { Model } from '../../../../app/contracts/models.js';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { culpritOf, takeOff, watchAdapterFaults } from '../../../../renderer/generate/adapter-fault.js';
import { generateStore, settingsOf, type Draft } from '../../../../renderer/generate/generate-store.js';
import { shelfStore } from '../../../../renderer/studio/shelf-store.js';
import { studioStore } from '../../../../renderer/studio/studio-store.js';
import { cardOf } from '../adapters/test-cards.js';

vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({
  ...(await original()),
  ask: (() => Promise.resolve({})) as never,
}));
// No text field in sight: changes go to the draft alone.
vi.stubGlobal('document', { getElementById: () => null });
vi.stubGlobal('HTMLTextAreaElement', Object);

const ink = cardOf({ name: 'ink' });
const red = cardOf({ name: 'red', base: 'sdxl', fit: { state: 'other', matched: 0, total: 722 } });
const row = (adapter: string, on = true) => ({ adapter, weight: 1, textWeight: 1, on });

const onShelf = (...cards: AdapterCard[]): void =>
  shelfStore.setState({ cards, byId: new Map(cards.map((card) => [card.id, card])), loaded: true });
const changeDraft = (change: Partial<Draft>): void =>
  generateStore.setState(({ draft }) => ({ draft: { ...draft, ...change } }));
const fail = (kind: StudioError['kind'], file?: string): void =>
  generateStore.setState({ problem: new StudioError(kind, 'It cannot be.', { file }) });
const problem = (): StudioError | null => generateStore.getState().problem;
const culprit = (error = problem()) =>
  error && culpritOf(error, settingsOf(generateStore.getState().draft), shelfStore.getState());

watchAdapterFaults();
beforeEach(() => {
  onShelf(ink, red);
  studioStore.setState({ models: [{ id: 'm', path: '/models/sd' } as Model] });
  generateStore.setState({ problem: null });
  changeDraft({ model: 'm', prompt: 'a boat <lora:red:1>', mixer: [row('ink')] });
});

describe('an error is about', () => {
  test('the adapter whose file it names, in rows and tags', () => {
    fail('missing-file', ink.path);
    expect(culprit()).toEqual({ card: ink, rows: ['ink'], tags: [] });
    fail('unfit-model', red.path);
    expect(culprit()).toEqual({ card: red, rows: [], tags: ['<lora:red:1>'] });
  });
  test('a row that the shelf has no card for', () => {
    changeDraft({ mixer: [row('ink'), row('gone')] });
    fail('not-found');
    expect(culprit()).toEqual({ card: null, rows: ['gone'], tags: [] });
  });
  test('a tag that names nothing, or holds a broken number', () => {
    changeDraft({ prompt: 'a boat <lora:nobody:1> <lora:ink:0,8>' });
    fail('not-found');
    expect(culprit()).toEqual({ card: null, rows: [], tags: ['<lora:nobody:1>'] });
    fail('bad-input');
    expect(culprit()).toEqual({ card: null, rows: [], tags: ['<lora:ink:0,8>'] });
  });
  test('no adapter, where the file is the model’s or the machine refused', () => {
    fail('bad-file', '/models/sd/unet/model.onnx');
    expect(culprit()).toBeNull();
    fail('out-of-memory', ink.path);
    expect(culprit()).toBeNull();
  });
  test('no adapter that is switched off', () => {
    changeDraft({ mixer: [row('ink', false)] });
    fail('missing-file', ink.path);
    expect(culprit()).toBeNull();
  });
});

describe('a notice about an adapter goes', () => {
  test('when it is taken off', () => {
    fail('unfit-model', red.path);
    const found = culprit();
    if (found) takeOff(found);
    expect(generateStore.getState().draft.prompt).toBe('a boat');
    expect(problem()).toBeNull();
  });
  test('when its row is removed or its tag written otherwise', () => {
    fail('missing-file', ink.path);
    changeDraft({ mixer: [] });
    expect(problem()).toBeNull();
    fail('unfit-model', red.path);
    changeDraft({ prompt: 'a boat' });
    expect(problem()).toBeNull();
  });
  test('when its file is back', () => {
    fail('missing-file', ink.path);
    onShelf({ ...ink, missing: true }, red);
    expect(problem()).not.toBeNull();
    onShelf(ink, red);
    expect(problem()).toBeNull();
  });
  test('but not when something else changes', () => {
    fail('missing-file', ink.path);
    changeDraft({ prompt: 'a big boat <lora:red:1>' });
    onShelf(ink, red, cardOf({ name: 'new' }));
    expect(problem()).not.toBeNull();
    fail('storage');
    changeDraft({ mixer: [], prompt: '' });
    expect(problem()).not.toBeNull();
  });
});
