import { beforeEach, describe, expect, test, vi } from 'vitest';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { dropOnEvaluate } from '../../../../renderer/evaluate/dropped.js';
import { emptyDraft, evaluateStore } from '../../../../renderer/evaluate/evaluate-store.js';
import { noticesStore } from '../../../../renderer/studio/notices.js';

const ask = vi.hoisted(() => vi.fn<(name: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const folder = (path: string) => ({ path, isFolder: true, isPicture: false });
const file = (path: string) => ({ path, isFolder: false, isPicture: false });
const draft = () => evaluateStore.getState().draft;
const toasts = (): string[] => noticesStore.getState().toasts.map(({ text }) => text);

let count = 12;
let imported: unknown = new StudioError('bad-input', 'There is no model in it.');

beforeEach(() => {
  count = 12;
  imported = new StudioError('bad-input', 'There is no model in it.');
  ask.mockReset();
  ask.mockImplementation((name) => {
    if (name === 'models.import')
      return imported instanceof Error ? Promise.reject(imported) : Promise.resolve(imported);
    return Promise.resolve({ label: 'x', count, dimensions: null, skipped: [], carriesPrompts: false });
  });
  noticesStore.setState({ toasts: [] });
  evaluateStore.setState({ draft: emptyDraft, looks: new Map(), open: null });
});

describe('folders', () => {
  test('are the generated pictures, then the reference', async () => {
    await dropOnEvaluate([folder('/a'), folder('/b')], null);
    expect(draft()).toMatchObject({ generated: { path: '/a' }, reference: { path: '/b' } });
  });
  test('are what the card under the pointer is', async () => {
    await dropOnEvaluate([folder('/b')], 'reference');
    expect(draft()).toMatchObject({ generated: null, reference: { kind: 'folder', path: '/b' } });
  });
  test('that are two take both places, whatever was there; one takes the empty place', async () => {
    evaluateStore.setState({ draft: { ...emptyDraft, generated: { kind: 'folder', path: '/old' } } });
    await dropOnEvaluate([folder('/ref')], null);
    expect(draft()).toMatchObject({ generated: { path: '/old' }, reference: { path: '/ref' } });
    await dropOnEvaluate([folder('/a'), folder('/b')], null);
    expect(draft()).toMatchObject({ generated: { path: '/a' }, reference: { path: '/b' } });
  });
  test('are in the column before they are read', () => {
    void dropOnEvaluate([folder('/a'), folder('/b')], null);
    expect(draft()).toMatchObject({ generated: { path: '/a' }, reference: { path: '/b' } });
  });
  test('without pictures may be a CLIP’s', async () => {
    count = 0;
    imported = { id: 'c', name: 'ViT-B-32', kind: 'clip' };
    await dropOnEvaluate([folder('/clip')], null);
    expect(draft()).toMatchObject({ generated: null, clip: 'c' });
    expect(toasts()).toEqual(['ViT-B-32 is in the library, and scores the captions from now on.']);
  });
  test('that are empty are shown with what was found in them', async () => {
    count = 0;
    await dropOnEvaluate([folder('/empty')], null);
    expect(draft().generated).toEqual({ kind: 'folder', path: '/empty' });
  });
});

describe('files', () => {
  test('are statistics, prompts and the Inception, by their endings', async () => {
    imported = { id: 'i', name: 'pt_inception', kind: 'inception' };
    const left = await dropOnEvaluate([file('/s.npz'), file('/p.jsonl'), file('/w.pth')], null);
    expect(draft()).toMatchObject({
      reference: { kind: 'statistics', path: '/s.npz' },
      prompts: '/p.jsonl',
      inception: 'i',
    });
    expect(left).toEqual([]);
  });
  test('that are no network are left to the shelf', async () => {
    imported = new StudioError('unfit-model', 'lora.safetensors is no model.');
    const lora = file('/lora.safetensors');
    expect(await dropOnEvaluate([lora], null)).toEqual([lora]);
    expect(toasts()).toEqual([]);
  });
  test('that want to run code are refused with their own sentence', async () => {
    imported = new StudioError('bad-file', 'evil.pth wants to call os.system. It is not read.');
    expect(await dropOnEvaluate([file('/evil.pth')], null)).toEqual([]);
    expect(toasts()).toEqual(['evil.pth wants to call os.system. It is not read.']);
  });
  test('that are pictures are no set', async () => {
    expect(await dropOnEvaluate([{ path: '/a.png', isFolder: false, isPicture: true }], null)).toEqual([]);
    expect(toasts()).toEqual(['Evaluate takes folders. Drop the folder that holds the pictures.']);
  });
});
