import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GeneratedText } from '../../../../app/contracts/chat.js';
import type { Engine } from '../../../../app/contracts/engine.js';
import { AskedModel, samplingOf } from '../../../../main/command-line/ask-model.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const generated: GeneratedText = {
  ...{ text: '', finish: 'stop', device: 'cpu', promptTokens: 1, completionTokens: 0, computedTokens: 1, notices: [] },
  seconds: { load: 0, firstToken: 0, total: 0 },
};

/** What is shown and said of a model that takes so long to load. */
async function told(loadMs: number): Promise<{ shown: string[]; said: string[] }> {
  const [shown, said]: [string[], string[]] = [[], []];
  const generateText: Engine['generateText'] = async (_request, onProgress) => {
    onProgress({ phase: 'loading', part: 0.5 });
    await new Promise((resolve) => setTimeout(resolve, loadMs));
    onProgress({ phase: 'begun', tokens: 1, room: 100, notices: [] });
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    return generated;
  };
  const progress = {
    show: (text: string) => void shown.push(text),
    say: (text: string) => void said.push(text),
    clear: () => undefined,
  };
  const model = { name: 'Large', path: '/large' };
  const asked = new AskedModel({ generateText }, progress, model, { device: 'cpu', weightCache: '/prepared' });
  const sampling = samplingOf(
    { sampling: {}, contextLength: 512 },
    { temperature: undefined, maxTokens: undefined, seed: 1 },
  );
  const { signal } = new AbortController();
  const answer = asked.answer({ messages: [], sampling, logprobs: 0, signal, onText: () => undefined });
  await vi.runAllTimersAsync();
  await answer;
  return { shown, said };
}

test('loading is shown from the first moment, and a long one is also said', async () => {
  const { shown, said } = await told(30_000);
  expect(shown).toEqual(['Loading Large', 'Loading Large · reading weights, once: 50 %']);
  expect(said).toEqual(['Loading Large takes a while.']);
});

test('a short one is not, however long the answer takes', async () => {
  expect((await told(2000)).said).toEqual([]);
});
