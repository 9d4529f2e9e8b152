import { beforeEach, expect, test, vi } from 'vitest';
import { submit } from '../../../../renderer/generate/generating.js';
import { generateStore } from '../../../../renderer/generate/generate-store.js';

const ask = vi.hoisted(() => vi.fn<(channel: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const seedInTheField = (): number => generateStore.getState().draft.seed;
const submittedSeeds = (): unknown[] =>
  ask.mock.calls
    .filter(([channel]) => channel === 'generation.submit')
    .map(([, payload]) => (payload as { settings: { seed: number } }).settings.seed);

beforeEach(() => {
  ask.mockReset().mockResolvedValue({ notices: [] });
  const { draft } = generateStore.getState();
  generateStore.setState({ draft: { ...draft, model: 'm', seed: 5, seedLocked: false } });
});

test('the seed in the field is the one that the job takes, and another stands there for the next', () => {
  submit();
  const next = seedInTheField();
  expect(next).not.toBe(5);
  submit();
  expect(submittedSeeds()).toEqual([5, next]);
});

test('a locked seed stays', () => {
  const { draft } = generateStore.getState();
  generateStore.setState({ draft: { ...draft, seedLocked: true } });
  submit();
  expect(seedInTheField()).toBe(5);
});

test('a refused job gives its seed back', async () => {
  ask.mockRejectedValue(new Error('no room'));
  submit();
  await vi.waitFor(() => expect(seedInTheField()).toBe(5));
});
