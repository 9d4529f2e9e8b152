import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { AdapterCard } from '../../../../app/contracts/adapters.js';
import { generateStore, type Draft, type MixerRow } from '../../../../renderer/generate/generate-store.js';
import {
  addToMixer,
  addTriggerWord,
  cannotRun,
  cardNamed,
  mixerLines,
  mixerRow,
  moved,
  moveRow,
  removeFromMixer,
  setTag,
  tagFault,
  turnTagOff,
} from '../../../../renderer/generate/mixer.js';
import { onWords } from '../../../../renderer/generate/mixer-group.js';
import { noticesStore } from '../../../../renderer/studio/notices.js';
import { shelfStore } from '../../../../renderer/studio/shelf-store.js';
import { cardOf } from '../adapters/test-cards.js';

vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({
  ...(await original()),
  ask: (() => Promise.resolve({})) as never,
}));
// No text field in sight: changes go to the draft alone.
vi.stubGlobal('document', { getElementById: () => null });
vi.stubGlobal('HTMLTextAreaElement', Object);

const draft = (): Draft => generateStore.getState().draft;
const start = (change: Partial<Draft>): void =>
  generateStore.setState({ draft: { ...draft(), prompt: '', mixer: [], ...change } });
const row = (adapter: string, change: Partial<MixerRow> = {}): MixerRow => ({
  adapter,
  weight: 1,
  textWeight: 1,
  on: true,
  ...change,
});
const shelf = (...cards: AdapterCard[]): void =>
  shelfStore.setState({ cards, byId: new Map(cards.map((card) => [card.id, card])), loaded: true });
const ink = cardOf({ id: 'i', name: 'ink' });
const grain = cardOf({ id: 'g', name: 'grain', preferredWeight: 0.6 });

beforeEach(() => shelf(ink, grain));

describe('an adapter that is added', () => {
  test('stands at the strength that its author prefers, else at 1, or where it was asked for', () => {
    start({});
    addToMixer('i');
    addToMixer('g');
    expect(draft().mixer).toEqual([row('i'), row('g', { weight: 0.6, textWeight: 0.6 })]);
    start({});
    addToMixer('g', -1.5);
    expect(draft().mixer).toEqual([row('g', { weight: -1.5, textWeight: -1.5 })]);
  });

  test('and is there already, stays as it is and is turned on', () => {
    start({ mixer: [row('i', { weight: 0.3, on: false })] });
    addToMixer('i', 2);
    expect(draft().mixer).toEqual([row('i', { weight: 0.3 })]);
  });

  test('and is named in the prompt, gets no row besides', () => {
    start({ prompt: 'boat <lora:Ink:0.5>' });
    addToMixer('i');
    expect(draft().mixer).toEqual([]);
    expect(mixerRow(draft(), 'i')).toEqual({ weight: 0.5, textWeight: 0.5, on: true, fromPrompt: true });
  });

  test('is refused beyond what a picture takes, and said', () => {
    const full = Array.from({ length: 64 }, (_, index) => row(`r${index}`));
    start({ mixer: full });
    noticesStore.setState({ toasts: [] });
    addToMixer('i');
    expect(draft().mixer).toHaveLength(64);
    expect(noticesStore.getState().toasts).toMatchObject([{ text: expect.stringContaining('64 adapters at most') }]);
  });
});

test('an adapter that is taken off leaves no row and no tag behind', () => {
  start({ mixer: [row('i'), row('g')], prompt: '<lora:ink:1>, boat <lora:INK:0.2> <lora:grain:1>' });
  removeFromMixer('i');
  expect(draft().mixer).toEqual([row('g')]);
  expect(draft().prompt).toBe('boat <lora:grain:1>');
  expect(mixerRow(draft(), 'i')).toBeNull();
});

test('rows change places with their neighbours and stop at the ends', () => {
  start({ mixer: [row('a'), row('b'), row('c')] });
  moveRow('c', -1);
  moveRow('a', -1);
  expect(draft().mixer.map(({ adapter }) => adapter)).toEqual(['a', 'c', 'b']);
});

describe('a name in a tag', () => {
  const cards = [
    cardOf({ id: '1', name: 'Ink', alias: 'grain' }),
    cardOf({ id: '2', name: 'ink', usedAt: 1 }),
    cardOf({ id: '3', name: 'ink', usedAt: 9 }),
    cardOf({ id: '4', name: 'grain' }),
  ];

  test('means the file of that very name before one in other letters, the last used among equals', () => {
    expect(cardNamed(cards, 'Ink')?.id).toBe('1');
    expect(cardNamed(cards, 'ink')?.id).toBe('3');
    expect(cardNamed(cards, 'INK')?.id).toBe('3');
  });

  test('means an alias only where no file is called so', () => {
    expect(cardNamed(cards, 'grain')?.id).toBe('4');
    expect(cardNamed(cards.slice(0, 3), 'Grain')?.id).toBe('1');
    expect(cardNamed(cards, 'nobody')).toBeNull();
    expect(cardNamed([ink], 'Ink.safetensors')).toBe(ink);
  });
});

describe('the lines of the mixer', () => {
  test('are its rows, then the tags of the prompt, each with its card or none', () => {
    const lines = mixerLines({ mixer: [row('i'), row('gone')], prompt: '<lora:grain:0.5:0.7> <lora:nobody:1>' }, [
      ink,
      grain,
    ]);
    expect(lines.map(({ from, card }) => [from, card?.name ?? null])).toEqual([
      ['mixer', 'ink'],
      ['mixer', null],
      ['prompt', 'grain'],
      ['prompt', null],
    ]);
    expect(lines[2]?.strengths).toEqual({ weight: 0.7, textWeight: 0.5 });
  });

  test('say what is wrong with a tag', () => {
    const faults = mixerLines({ mixer: [], prompt: '<lora:nobody:1> <lora:ink:loud> <lora:ink:1>' }, [ink]).map(
      (line) => (line.from === 'prompt' ? tagFault(line) : null),
    );
    expect(faults).toEqual([
      'There is no adapter named “nobody” on the shelf.',
      expect.stringContaining('“loud” is no number'),
      null,
    ]);
  });
});

test('the heading counts what cannot run as not applied, not as on', () => {
  const red = cardOf({ id: 'r', name: 'red', base: 'sdxl', fit: { state: 'other', matched: 0, total: 722 } });
  const linesOf = (mixer: MixerRow[], prompt = '') => mixerLines({ mixer, prompt }, [ink, grain, red]);
  expect(linesOf([row('i'), row('r'), row('gone')], '<lora:grain:1> <lora:nobody:1>').map(cannotRun)).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
  expect(onWords(linesOf([row('i'), row('g')]), 3)).toBe('2 of 3 on');
  expect(onWords(linesOf([row('i'), row('r')]), 3)).toBe('1 of 3 on, 1 not applied');
  expect(onWords(linesOf([row('r')]), 1)).toBe('1 not applied');
});

describe('model and text', () => {
  const both = { weight: 0.8, textWeight: 0.8 };

  test('move together while they are the same', () => {
    expect(moved(both, 'model', 0.5, { alone: false, hasText: true })).toEqual({ weight: 0.5, textWeight: 0.5 });
  });

  test('part when the model is moved alone, or the text is', () => {
    expect(moved(both, 'model', 0.5, { alone: true, hasText: true })).toEqual({ weight: 0.5, textWeight: 0.8 });
    expect(moved(both, 'text', 0.5, { alone: false, hasText: true })).toEqual({ weight: 0.8, textWeight: 0.5 });
    const apart = { weight: 0.8, textWeight: 0.2 };
    expect(moved(apart, 'model', 0.5, { alone: false, hasText: true })).toEqual({ weight: 0.5, textWeight: 0.2 });
  });

  test('are one in a file without text layers', () => {
    const apart = { weight: 0.8, textWeight: 0.2 };
    expect(moved(apart, 'model', 0.5, { alone: true, hasText: false })).toEqual({ weight: 0.5, textWeight: 0.5 });
  });
});

describe('a row that is tied to a tag', () => {
  const tagLine = () => {
    const line = mixerLines(draft(), [ink, grain]).find(({ from }) => from === 'prompt');
    if (line?.from !== 'prompt') throw new Error('no tag');
    return line;
  };

  test('writes its strengths into the prompt', () => {
    start({ prompt: 'boat <lora:ink:1> night' });
    setTag(0, { weight: 0.4, textWeight: 0.9 });
    expect(draft().prompt).toBe('boat <lora:ink:0.9:0.4> night');
    expect(tagLine().strengths).toEqual({ weight: 0.4, textWeight: 0.9 });
  });

  test('leaves the prompt when it is turned off, and keeps its strengths in the mixer', () => {
    start({ prompt: 'boat, <lora:ink:0.7>' });
    turnTagOff(tagLine());
    expect(draft().prompt).toBe('boat');
    expect(draft().mixer).toEqual([row('i', { weight: 0.7, textWeight: 0.7, on: false })]);
  });

  test('does not displace a row of the same adapter when it is turned off', () => {
    start({ prompt: '<lora:ink:0.7>', mixer: [row('i', { weight: 0.2 })] });
    turnTagOff(tagLine());
    expect(draft().mixer).toEqual([row('i', { weight: 0.2 })]);
  });
});

test('a trigger word comes to the prompt once', () => {
  start({ prompt: 'boat' });
  addTriggerWord('flatink');
  addTriggerWord('flatink');
  expect(draft().prompt).toBe('boat, flatink');
});
