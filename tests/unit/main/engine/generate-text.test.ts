import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { GenerateTextProgress, GenerateTextRequest } from '../../../../app/contracts/chat.js';
import { startEngineProcess, type EngineProcess } from '../../../../main/supervisor/engine-process.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { bundleChild } from '../supervisor/bundle-child.js';

const storyteller = fileURLToPath(new URL('../../../../native-models/embedded/storyteller', import.meta.url));
const pictures = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));

// A real network, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let bundle: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
let started: EngineProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-engine-'));
  bundle = await bundleChild(new URL('../../../../main/engine/engine.ts', import.meta.url));
  started = startEngineProcess({ host: forkHost, entry: bundle.file });
});
afterAll(async () => {
  await started.close();
  bundle.remove();
  rmSync(folder, { recursive: true });
});

const said = (content: string): GenerateTextRequest['prompt'] => ({
  kind: 'turns',
  messages: [{ role: 'user', content }],
  template: 'own',
  enableThinking: null,
});

const greedy: GenerateTextRequest['sampling'] = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  seed: 1,
  maxTokens: 24,
  stop: [],
};

const ask = (
  more: Partial<GenerateTextRequest> = {},
  onProgress: (progress: GenerateTextProgress) => void = () => undefined,
  signal = new AbortController().signal,
) =>
  started.engine.generateText(
    {
      modelPath: storyteller,
      device: 'cpu',
      prompt: said('Once upon a time'),
      answerSoFar: [],
      sampling: greedy,
      logprobs: 0,
      weightCache: join(folder, 'prepared'),
      ...more,
    },
    onProgress,
    signal,
  );

/** Ids of the tokens that an answer is made of. */
async function idsOf(more: Partial<GenerateTextRequest>): Promise<number[]> {
  const ids: number[] = [];
  await ask(more, (progress) => {
    if (progress.phase === 'writing') ids.push(...progress.tokens.map(({ id }) => id));
  });
  return ids;
}

describe('an answer', () => {
  test('of the storyteller is its greedy story, told in batches that add up to it', async () => {
    const told: GenerateTextProgress[] = [];
    const answer = await ask({ logprobs: 3 }, (progress) => told.push(progress));
    expect(answer).toMatchObject({ finish: 'length', device: 'cpu', promptTokens: 5, completionTokens: 24 });
    expect(', there was a little girl named Lily. She loved to play outside in the park.').toContain(answer.text);
    expect(answer.notices).toEqual(['This model has no chat template: it continues the text as it stands.']);

    const phases = [...new Set(told.map(({ phase }) => phase))];
    expect(phases).toEqual(['loading', 'begun', 'reading', 'writing']);
    expect(told).toContainEqual(expect.objectContaining({ phase: 'begun', tokens: 5, room: 507 }));
    const written = told.filter((progress) => progress.phase === 'writing');
    expect(written.map(({ text }) => text).join('')).toBe(answer.text);
    const tokens = written.flatMap((progress) => progress.tokens);
    expect(tokens).toHaveLength(24);
    for (const { id, logprob, top } of tokens) {
      expect(top).toHaveLength(3);
      expect(top[0]).toMatchObject({ id, logprob }); // greedy
      expect(top[0]!.logprob!).toBeGreaterThanOrEqual(top[1]!.logprob!);
    }
  });

  test('computes only what is new after the last one, and a clicked rival is one token', async () => {
    const whole = await idsOf({});
    const again = await ask();
    // All of the prompt but its last token was there, and the last new token is not read.
    expect(again.computedTokens).toBe(24);
    const gone = await ask({ answerSoFar: whole.slice(0, 10), sampling: { ...greedy, maxTokens: 1 } });
    expect(gone.computedTokens).toBe(1);
    const rival = await ask({
      answerSoFar: [...whole.slice(0, 10), whole[10] === 263 ? 262 : 263],
      sampling: { ...greedy, maxTokens: 1 },
    });
    expect(rival.computedTokens).toBe(1);
    expect(rival.text).not.toBe(gone.text);
  });

  test('goes on to the same story after kill -9 of the engine', async () => {
    const whole = await ask();
    const ids: number[] = [];
    const { pid } = started.child.status();
    const killed = ask({ sampling: { ...greedy, maxTokens: 400 } }, (progress) => {
      if (progress.phase !== 'writing') return;
      ids.push(...progress.tokens.map(({ id }) => id));
      if (pid !== null && ids.length >= 3) process.kill(pid, 'SIGKILL');
    });
    await expect(killed).rejects.toMatchObject({ kind: 'engine-lost' });
    const soFar = ids.slice(0, 20);
    const resumed = await ask({
      answerSoFar: soFar,
      sampling: { ...greedy, maxTokens: 24 - soFar.length },
    });
    expect(resumed.text).toBe(whole.text);
  });

  test('that is stopped keeps what was said', async () => {
    const controller = new AbortController();
    let text = '';
    const stopped = await ask(
      { sampling: { ...greedy, temperature: 1, maxTokens: 500 } },
      (progress) => {
        if (progress.phase !== 'writing') return;
        text += progress.text;
        controller.abort();
      },
      controller.signal,
    );
    expect(stopped.finish).toBe('cancelled');
    expect(stopped.text.startsWith(text.slice(0, 5))).toBe(true);
    expect(stopped.completionTokens).toBeLessThan(500);
  });

  test('tells tokens at most some thirty times a second', async () => {
    let batches = 0;
    const began = performance.now();
    await ask({ sampling: { ...greedy, maxTokens: 300 } }, ({ phase }) => {
      if (phase === 'writing') batches += 1;
    });
    // The first one comes at once, and the last when the answer is over.
    expect(batches).toBeLessThanOrEqual(2 + (performance.now() - began) / 30);
  });

  test('in ChatML ends where the model spells out the end of a turn', async () => {
    const prompt = { ...said('Once upon a time'), template: 'chatml' } as const;
    const counted = await started.engine.countChatTokens({ modelPath: storyteller, prompt });
    const answer = await ask({ prompt });
    expect(answer.promptTokens).toBe(counted.tokens);
    expect(counted.tokens).toBeGreaterThan(5);
    expect(counted.limit).toBe(512);
    expect(answer.notices).toEqual([]);
  });

  test('finds its cache again after a picture model was opened beside it, and not after unload', async () => {
    const before = await ask();
    const opening = { modelPath: pictures, device: 'cpu', width: 64, height: 64, cfg: 1, clipSkip: 1 } as const;
    await started.engine.prepareAdapters(opening);
    expect((await ask()).computedTokens).toBe(24);
    await started.engine.unload();
    const after = await ask();
    expect(after.text).toBe(before.text);
    expect(after.computedTokens).toBe(5 + 23);
  });

  test('comes from the files as they are now', async () => {
    const modelPath = join(folder, 'changing');
    cpSync(storyteller, modelPath, { recursive: true });
    const before = await ask({ modelPath });
    expect(before.promptTokens).toBe(5);
    const template = '{{ bos_token }}{% for message in messages %}{{ message.content }}! {% endfor %}';
    const settings = JSON.parse(readFileSync(join(modelPath, 'tokenizer_config.json'), 'utf8')) as object;
    writeFileSync(join(modelPath, 'tokenizer_config.json'), JSON.stringify({ ...settings, chat_template: template }));
    const after = await ask({ modelPath });
    expect(after.promptTokens).toBeGreaterThan(5);
    expect(after.notices).toEqual([]);
    expect(await started.engine.languageModelFacts({ modelPath })).toMatchObject({ chats: true });
  });
});

test('a quantised GGUF file is prepared once, into the folder that was given, and answers', async () => {
  const modelPath = fileURLToPath(new URL('../../../parity/goldens/gguf/llama-blocks-of-32.gguf', import.meta.url));
  const weightCache = join(folder, 'prepared');
  const facts = await started.engine.languageModelFacts({ modelPath });
  expect(facts).toMatchObject({ family: 'llama', contextLength: 64, weightBytes: facts.preparedBytes });
  expect(existsSync(weightCache)).toBe(false);

  const prompt = { kind: 'text', text: 'a' } as const;
  const sampling = { ...greedy, maxTokens: 8 };
  const parts: (number | null)[] = [];
  const answer = await ask({ modelPath, prompt, sampling, weightCache }, (progress) => {
    if (progress.phase === 'loading') parts.push(progress.part);
  });
  expect(answer.completionTokens).toBeGreaterThan(0);
  expect(parts[0]).toBeNull();
  expect(parts.at(-1)).toBe(1);
  const [file, ...others] = readdirSync(weightCache);
  expect(others).toEqual([]);
  expect(statSync(join(weightCache, file!)).size).toBeGreaterThanOrEqual(facts.preparedBytes);

  await started.engine.unload();
  parts.length = 0;
  const again = await ask({ modelPath, prompt, sampling, weightCache }, (progress) => {
    if (progress.phase === 'loading') parts.push(progress.part);
  });
  expect(parts).toEqual([null]);
  expect(again.text).toBe(answer.text);
});

describe('an answer that cannot be given', () => {
  const refused = (more: Partial<GenerateTextRequest>) =>
    ask(more).then(
      () => null,
      (error: unknown) => error,
    );

  test.each([
    [
      'a text longer than the context',
      { prompt: said('Once upon a time. '.repeat(400)) },
      'bad-input',
      /reads at most 512/,
    ],
    ['no model at all', { modelPath: '/nowhere' }, 'missing-file', /nowhere/],
    ['a file that is no model', { modelPath: fileURLToPath(import.meta.url) }, 'bad-file', /no GGUF file/],
    ['a picture model', { modelPath: join(pictures, 'unet') }, 'unsupported', /UNet2DConditionModel/],
  ])('for %s is refused in one sentence, and the next one comes', async (_what, more, kind, sentence) => {
    expect(await refused(more)).toMatchObject({ kind, message: expect.stringMatching(sentence) as string });
    expect((await ask()).completionTokens).toBe(24);
  });

  test('for a template that is broken leaves ChatML to choose', async () => {
    const modelPath = join(folder, 'broken-template');
    cpSync(storyteller, modelPath, { recursive: true });
    writeFileSync(join(modelPath, 'chat_template.jinja'), '{% for message in messages %}');
    const error = await refused({ modelPath });
    expect(error).toMatchObject({ kind: 'unfit-model', message: expect.stringContaining('ChatML') as string });
    const prompt = { ...said('Once'), template: 'chatml' } as const;
    expect((await ask({ modelPath, prompt })).completionTokens).toBeGreaterThan(0);
  });
});

test('what a language model is, is known before it is opened', async () => {
  const facts = await started.engine.languageModelFacts({ modelPath: storyteller });
  expect(facts).toMatchObject({
    family: 'llama',
    contextLength: 512,
    chats: false,
    preparedBytes: 0,
    cacheBytesPerToken: 2 * 5 * 32 * 4,
  });
  expect(facts.parameters).toBeGreaterThan(250_000);
  expect(facts.weightBytes).toBe(4 * facts.parameters);
});
