import { beforeEach, describe, expect, test } from 'vitest';
import { adaptersStore } from '../../../../renderer/adapters/adapters-store.js';
import { adapterActions } from '../../../../renderer/adapters/actions.js';
import { open } from '../../../../renderer/adapters/browsing.js';
import type { Action } from '../../../../renderer/keyboard/action.js';
import { generateStore } from '../../../../renderer/generate/generate-store.js';
import { noticesStore } from '../../../../renderer/studio/notices.js';
import { shelfStore } from '../../../../renderer/studio/shelf-store.js';
import { cardOf } from './test-cards.js';

const ink = cardOf({ name: 'ink' });
const red = cardOf({ name: 'red', base: 'sdxl', fit: { state: 'other', matched: 0, total: 722 } });
const lokr = cardOf({ name: 'lokr', problem: 'lokr.safetensors is a LoKr file.', fit: null });
const cards = [ink, red, lokr];

beforeEach(() => {
  shelfStore.setState({ cards, byId: new Map(cards.map((card) => [card.id, card])), loaded: true });
  noticesStore.setState({ toasts: [], polite: '' });
  const { draft } = generateStore.getState();
  generateStore.setState({ draft: { ...draft, mixer: [], prompt: '' } });
});

const press = (action: keyof typeof adapterActions, id: string): string[] => {
  adaptersStore.setState({ cursor: id });
  const { unavailable, run }: Action = adapterActions[action];
  expect(unavailable?.() ?? null).toBeNull();
  run?.();
  return noticesStore.getState().toasts.map(({ text }) => text);
};
const onPicture = (): string[] => generateStore.getState().draft.mixer.map(({ adapter }) => adapter);

describe('a key on a card', () => {
  test('adds one that fits without a word on the screen', () => {
    expect(press('toggle', 'ink')).toEqual([]);
    expect(onPicture()).toEqual(['ink']);
  });
  test('adds one of another base, and says that it does not run', () => {
    expect(press('toggle', 'red')).toEqual([
      'Added to the picture. red was made for SDXL; 0 of 722 layers match the model. It is not applied.',
    ]);
    expect(onPicture()).toEqual(['red']);
  });
  test('says why one that cannot be used is not added', () => {
    expect(press('toggle', 'lokr')).toEqual(['lokr cannot be added. lokr.safetensors is a LoKr file.']);
    expect(onPicture()).toEqual([]);
  });
  test('says why it cannot be looked at', () => {
    expect(press('compare', 'red')).toEqual(['There is no model yet. Add a model folder.']);
  });
});

test('a card that is pointed at opens the sheet again', () => {
  adaptersStore.setState({ cursor: 'ink', sheetShown: false });
  open('ink');
  expect(adaptersStore.getState()).toMatchObject({ cursor: 'ink', sheetShown: true });
});
