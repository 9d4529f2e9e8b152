import { beforeEach, describe, expect, test, vi } from 'vitest';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { chatStore } from '../../../../renderer/chat/chat-store.js';
import { evaluateStore } from '../../../../renderer/evaluate/evaluate-store.js';
import { generateStore } from '../../../../renderer/generate/generate-store.js';
import { addedWords, dropFiles } from '../../../../renderer/shell/dropping.js';
import { noticesStore } from '../../../../renderer/studio/notices.js';
import { shelfStore } from '../../../../renderer/studio/shelf-store.js';
import { studioStore } from '../../../../renderer/studio/studio-store.js';
import { cardOf } from '../adapters/test-cards.js';

const ask = vi.hoisted(() => vi.fn<(channel: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({
  ...(await original()),
  ask: ask as never,
  pathOf: (file: File) => `/drop/${file.name}`,
}));

const file = (name: string, type = ''): { file: File; isFolder: boolean } => ({
  file: { name, type } as File,
  isFolder: false,
});
const folder = (name: string) => ({ ...file(name), isFolder: true });
const asked = (): string[] =>
  ask.mock.calls
    .map(([name, payload]) => `${name} ${JSON.stringify(payload)}`)
    .filter((line) => /import|adapters.(add|unwatch)/.test(line));
const toasts = (): string[] => noticesStore.getState().toasts.map(({ text }) => text);

const ink = cardOf({ id: 'i', name: 'ink' });
const red = cardOf({ id: 'r', name: 'red', base: 'sdxl', fit: { state: 'other', matched: 0, total: 722 } });
const shelf = { adapters: [ink, red], folders: [], waiting: 0 };

/** What main answers; the rest is refused as it would be. */
function main(answers: Record<string, unknown>): void {
  ask.mockImplementation((name, payload) => {
    const path = /"(\/drop\/[^"]*)"/.exec(JSON.stringify(payload))?.[1] ?? '';
    const known: Record<string, unknown> = { 'adapters.list': shelf, ...answers };
    const key = `${name} ${path}`;
    const answer = key in known ? known[key] : known[name];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
}

const showPanel = (panel: string): void =>
  studioStore.setState(({ preferences }) => ({ preferences: { ...preferences, panel } }));

beforeEach(() => {
  ask.mockReset();
  showPanel('generate');
  shelfStore.setState({ folders: [], waiting: 0 });
  noticesStore.setState({ toasts: [] });
  const { draft } = generateStore.getState();
  generateStore.setState({ draft: { ...draft, model: 'm' } });
});

describe('a dropped file', () => {
  test('that is the Inception of FID is offered to Evaluate', async () => {
    const inception = { id: 'i', name: 'pt_inception', kind: 'inception' };
    main({ 'adapters.add': { ids: [], notices: ['It is no adapter.'] }, 'models.import': inception });
    dropFiles([file('pt_inception.pth')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['pt_inception is in the library.']));
    noticesStore.getState().toasts[0]?.action?.run();
    expect(studioStore.getState().preferences.panel).toBe('evaluate');
    expect(evaluateStore.getState().draft.inception).toBe('i');
  });
  test('that is a picture of a set is no settings on Evaluate', async () => {
    main({});
    showPanel('evaluate');
    dropFiles([file('a.png', 'image/png')]);
    await vi.waitFor(() =>
      expect(toasts()).toEqual(['Evaluate takes folders. Drop the folder that holds the pictures.']),
    );
    expect(ask.mock.calls.map(([name]) => name)).not.toContain('gallery.read-settings');
  });
  test('is an adapter first, and its fit is told', async () => {
    main({ 'adapters.add': { ids: ['i'], notices: [] } });
    dropFiles([file('ink.safetensors')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['ink is on the shelf. 264 of 264 layers match the model.']));
    expect(asked()).toEqual(['adapters.add {"paths":["/drop/ink.safetensors"]}']);
  });

  test('that is no adapter is tried as a model', async () => {
    main({
      'adapters.add': { ids: [], notices: ['sd.safetensors is no adapter.'] },
      'models.import': { id: 'sd', name: 'SD' },
    });
    dropFiles([file('sd.safetensors')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['SD is in the library.']));
  });

  test('that is neither is named with its sentence, and the others go on', async () => {
    main({
      'adapters.add /drop/bad.safetensors': { ids: [], notices: ['bad.safetensors is cut short.'] },
      'adapters.add /drop/ink.safetensors': { ids: ['i'], notices: [] },
      'adapters.add /drop/red.safetensors': { ids: ['r'], notices: [] },
      'models.import': new StudioError('unsupported', 'no model'),
    });
    dropFiles([file('bad.safetensors'), file('ink.safetensors'), file('red.safetensors')]);
    await vi.waitFor(() =>
      expect(toasts()).toEqual([
        '2 adapters are on the shelf: 1 fits the model, 1 does not.',
        'bad.safetensors is cut short.',
      ]),
    );
  });

  test('that is a model with something wrong is told that, and not that it is no adapter', async () => {
    main({
      'adapters.add': { ids: [], notices: ['flux.safetensors is a whole checkpoint, not an adapter.'] },
      'models.import': new StudioError('unfit-model', 'flux.safetensors is a Flux model, which is not supported.'),
    });
    dropFiles([file('flux.safetensors')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['flux.safetensors is a Flux model, which is not supported.']));
  });

  test('that the shelf keeps but cannot use is told once', async () => {
    const lokr = cardOf({ id: 'k', name: 'lokr', problem: 'lokr.safetensors is a LoKr file.', fit: null });
    main({
      'adapters.add': { ids: ['k'], notices: ['lokr.safetensors is a LoKr file. It is on the shelf all the same.'] },
      'adapters.list': { ...shelf, adapters: [lokr] },
    });
    dropFiles([file('lokr.safetensors')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['lokr is on the shelf. lokr.safetensors is a LoKr file.']));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(toasts()).toHaveLength(1);
  });

  test('of another kind is told on the shelf what the shelf takes', async () => {
    showPanel('adapters');
    main({ 'models.import': new StudioError('bad-input', 'There is no model in notes.txt.') });
    dropFiles([file('notes.txt')]);
    await vi.waitFor(() =>
      expect(toasts()).toEqual([
        'notes.txt is no adapter. The shelf takes LoRA files (.safetensors) and folders of them.',
      ]),
    );
  });

  test('is offered no way to the shelf on the shelf', async () => {
    main({ 'adapters.add': { ids: ['r'], notices: [] } });
    const offered = async (): Promise<(string | undefined)[]> => {
      noticesStore.setState({ toasts: [] });
      dropFiles([file('red.safetensors')]);
      await vi.waitFor(() => expect(toasts()).toHaveLength(1));
      return noticesStore.getState().toasts.map(({ action }) => action?.label);
    };
    expect(await offered()).toEqual(['Open the shelf']);
    showPanel('adapters');
    expect(await offered()).toEqual([undefined]);
  });

  test('of pictures gives its settings and is no adapter', async () => {
    main({ 'gallery.read-settings': null });
    dropFiles([file('a.png', 'image/png')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['a.png carries no settings that the studio can read.']));
    expect(asked()).toEqual([]);
  });
});

describe('a dropped .json file', () => {
  const talk = { id: 'c', title: 'Rivers', turns: [], shown: null, changedAt: 1, settings: { model: 'm' } };

  test('is a conversation, which is opened when that is wanted', async () => {
    main({ 'chat.import': talk, 'chat.list': [] });
    dropFiles([file('rivers.json')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['“Rivers” is among the conversations.']));
    expect(asked()).toEqual(['chat.import {"path":"/drop/rivers.json"}']);
    noticesStore.getState().toasts[0]?.action?.run();
    expect(chatStore.getState().conversation?.title).toBe('Rivers');
    expect(studioStore.getState().preferences.panel).toBe('chat');
  });

  test('that is none is told so; that of a model is left to models', async () => {
    main({
      'chat.import': new StudioError('bad-file', 'notes.json is no conversation.'),
      'models.import': new StudioError('bad-input', 'Choose the folder of config.json.'),
    });
    dropFiles([file('notes.json'), file('config.json')]);
    await vi.waitFor(() =>
      expect(toasts().toSorted()).toEqual(['Choose the folder of config.json.', 'notes.json is no conversation.']),
    );
  });
});

describe('a dropped folder', () => {
  test('with a model in it is a model', async () => {
    main({ 'models.import': { id: 'sd', name: 'SD' } });
    dropFiles([folder('sd')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['SD is in the library.']));
    expect(asked()).toEqual(['models.import {"path":"/drop/sd"}']);
  });

  test('with no model in it is watched', async () => {
    main({
      'models.import': new StudioError('bad-input', 'loras is no model.'),
      'adapters.add': { ids: [], notices: [] },
    });
    dropFiles([folder('loras')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['loras is watched for adapters.']));
  });

  test('is told with the number of its adapters, as soon as it is known', async () => {
    const reading = { adapters: [], folders: [], waiting: 3 };
    const read = { path: '/drop/loras', count: 3, embedded: false, missing: false };
    main({
      'models.import': new StudioError('bad-input', 'loras is no model.'),
      'adapters.add': { ids: [], notices: [] },
      'adapters.list': reading,
    });
    dropFiles([folder('loras')]);
    await vi.waitFor(() => expect(shelfStore.getState().waiting).toBe(3));
    expect(toasts()).toEqual([]);
    shelfStore.setState({ folders: [read], waiting: 0 });
    await vi.waitFor(() => expect(toasts()).toEqual(['loras is watched: 3 adapters found.']));
  });

  test('with neither in it is not watched, unless it was or a person says so', async () => {
    const empty = { path: '/drop/empty', count: 0, embedded: false, missing: false };
    main({
      'models.import': new StudioError('bad-input', 'empty is no model.'),
      'adapters.add': { ids: [], notices: [] },
      'adapters.list': { adapters: [], folders: [empty], waiting: 0 },
    });
    dropFiles([folder('empty')]);
    await vi.waitFor(() =>
      expect(toasts()).toEqual(['empty has no model and no adapter (.safetensors) in it, so it is not watched.']),
    );
    expect(asked().at(-1)).toBe('adapters.unwatch {"path":"/drop/empty"}');
    noticesStore.getState().toasts[0]?.action?.run();
    expect(asked().at(-1)).toBe('adapters.add {"paths":["/drop/empty"]}');
    noticesStore.setState({ toasts: [] });
    shelfStore.setState({ folders: [empty] });
    dropFiles([folder('empty')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['empty is watched: no adapter found in it yet.']));
    expect(asked().filter((line) => line.startsWith('adapters.unwatch'))).toHaveLength(1);
  });

  test('with a broken model in it is refused, not watched', async () => {
    main({ 'models.import': new StudioError('missing-file', 'sd is incomplete.') });
    dropFiles([folder('sd')]);
    await vi.waitFor(() => expect(toasts()).toEqual(['sd is incomplete.']));
    expect(asked()).toEqual(['models.import {"path":"/drop/sd"}']);
  });
});

test('several adapters are told by their number and how many fit', () => {
  expect(addedWords([ink, ink], '', 'SD')).toBe('2 adapters are on the shelf: all fit SD.');
  expect(addedWords([red, red], '', 'SD')).toBe('2 adapters are on the shelf: none fits SD.');
  expect(addedWords([ink, ink, red], 'loras is watched for adapters.', 'SD')).toBe(
    '3 adapters are on the shelf: 2 fit SD, 1 does not. loras is watched for adapters.',
  );
  expect(addedWords([], '', 'SD')).toBeNull();
});
