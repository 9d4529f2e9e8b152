import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ints } from '../../../../native-models/runtime/tensor.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { bundleInkstone, type Inkstone } from './run-inkstone.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const storyteller = fileURLToPath(new URL('../../../../native-models/embedded/storyteller', import.meta.url));
const story =
  ', there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.';
const noTemplate = 'This model has no chat template: it continues the text as it stands.';

let inkstone: Inkstone;
let folder: string;
beforeAll(async () => {
  inkstone = await bundleInkstone();
  folder = mkdtempSync(join(tmpdir(), 'inkstone-chat-'));
});
afterAll(() => {
  inkstone.remove();
  rmSync(folder, { recursive: true });
});

const once = ['chat', '--prompt', 'Once upon a time', '--device', 'cpu'];

describe('chat', () => {
  test('with a prompt prints the greedy story of the storyteller and nothing else on standard output', async () => {
    const { code, stdout, stderr } = await inkstone.run([...once, '--temperature', '0']);
    expect(code).toBe(0);
    expect(stdout.startsWith(story)).toBe(true);
    expect(stderr[0]).toBe(noTemplate);
    expect(stderr.at(-1)).toMatch(/^\d+ tokens.* on cpu, seed \d+$/);
  });

  test('with --json says text, end, tokens, probabilities and seconds, and the same seed says the same', async () => {
    const flags = ['--max-tokens', '6', '--seed', '11', '--logprobs', '3', '--json'];
    const [one, two] = [await inkstone.run([...once, ...flags]), await inkstone.run([...once, ...flags])];
    const answer = JSON.parse(one.stdout) as {
      text: string;
      logprobs: { id: number; token: string; logprob: number; top: { id: number; token: string; logprob: number }[] }[];
    };
    expect(answer).toMatchObject({
      finish: 'length',
      tokens: { prompt: 5, completion: 6 },
      seconds: { firstToken: expect.any(Number) as number, total: expect.any(Number) as number },
      model: { id: 'embedded-storyteller', kind: 'language', family: 'llama', prediction: null, inChannels: null },
      settings: { seed: 11, maxTokens: 6 },
    });
    expect(answer.logprobs.map(({ token }) => token).join('')).toBe(answer.text);
    for (const { id, logprob, top } of answer.logprobs) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top).toHaveLength(3);
      expect(top.find((rival) => rival.id === id)?.logprob ?? logprob).toBe(logprob);
    }
    expect((JSON.parse(two.stdout) as { text: string }).text).toBe(answer.text);
  });

  test('without a prompt answers line by line, and says once that there is no template', async () => {
    const lines = 'Once upon a time\n/again\n/nope\n/clear\nOnce upon a time\n';
    const { code, stdout, stderr } = await inkstone.run(['chat', '--temperature', '0', '--max-tokens', '12'], lines);
    expect(code).toBe(0);
    const answers = stdout.trimEnd().split('\n');
    expect(answers).toHaveLength(3);
    expect(new Set(answers).size).toBe(1);
    expect(story.startsWith(answers[0]!)).toBe(true);
    expect(stderr).toEqual([noTemplate, 'There is no /nope; /help tells what there is.', 'Forgotten.']);
  });

  test('goes on after a turn that cannot be answered, and says so at the end of the pipe', async () => {
    const long = 'Once upon a time. '.repeat(400);
    const { code, stdout, stderr } = await inkstone.run(['chat', '--max-tokens', '5'], `${long}\nOnce upon a time\n`);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr[0]).toMatch(/^The conversation has .* tokens, and this model reads at most 512/);
    expect(stderr.at(-1)).toBe('1 of 2 messages was not answered.');
  });

  test.each([
    [['--schema', 'a.json'], 2, /no flag --schema; there is .*--logprobs/],
    [['--lora', 'a.safetensors'], 2, /no flag --lora; there is/],
    [['--temperature', 'warm'], 2, /--temperature takes a number from 0 to 10, not “warm”/],
    [['--model', 'embedded-pictures'], 1, /Inkstone pictures is a diffusion model and writes no text/],
    [['--model', 'nobody'], 1, /There is no model nobody/],
  ])('with %j is refused in one sentence', async (flags, exit, sentence) => {
    const { code, stdout, stderr } = await inkstone.run([...once, ...flags]);
    expect(code).toBe(exit);
    expect(stdout).toBe('');
    expect(stderr).toEqual([expect.stringMatching(sentence)]);
  });

  test('turn by turn has no JSON', async () => {
    const { code, stdout } = await inkstone.run(['chat', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'usage' } });
  });
});

test('generate refuses a language model and says where it belongs', async () => {
  const out = join(folder, 'x.png');
  const { code, stderr } = await inkstone.run([
    'generate',
    '--model',
    'embedded-storyteller',
    '--prompt',
    'a',
    '--out',
    out,
  ]);
  expect(code).toBe(1);
  expect(stderr).toEqual([
    'Inkstone storyteller is a language model and makes no pictures: it answers in Chat, or with “chat”.',
  ]);
});

test('models list has the storyteller after the pictures, and models inspect tells its size', async () => {
  const listed = JSON.parse((await inkstone.run(['models', 'list', '--json'])).stdout) as { models: { id: string }[] };
  expect(listed.models.map(({ id }) => id)).toEqual(['embedded-pictures', 'embedded-storyteller']);
  const { stdout } = await inkstone.run(['models', 'inspect', storyteller]);
  expect(stdout).toContain('260 thousand parameters, 512 tokens of context, has no chat template');
});

describe('run llm', () => {
  const runLlm = async (tensors: Parameters<typeof writeSafetensors>[1], name: string) => {
    const [inputs, out] = [join(folder, `${name}.safetensors`), join(folder, `${name}-out.safetensors`)];
    await writeSafetensors(inputs, tensors);
    return { ran: await inkstone.run(['run', 'llm', '--model', storyteller, '--inputs', inputs, '--out', out]), out };
  };
  const likeliest = (row: Float32Array): number => row.indexOf(Math.max(...row));

  test('gives logits of every token, and padding on the left changes none of them', async () => {
    const ids = [1, 403, 407, 261, 378];
    const plain = await runLlm({ input_ids: ints([1, 5], ids) }, 'plain');
    expect(plain.ran).toMatchObject({ code: 0 });
    const { logits } = await readTensors(plain.out);
    expect(logits).toMatchObject({ shape: [1, 5, 512], dtype: 'float32' });
    const rows = logits!.data as Float32Array;
    expect(likeliest(rows.subarray(4 * 512))).toBe(432); // “,”

    const padded = await runLlm(
      {
        input_ids: ints([2, 7], [0, 0, ...ids, ...ids, 0, 0]),
        attention_mask: ints([2, 7], [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        position_ids: ints([2, 7], [0, 0, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6]),
      },
      'padded',
    );
    const both = (await readTensors(padded.out))['logits']!.data as Float32Array;
    for (const first of [2, 7]) {
      const found = both.subarray(first * 512, (first + 5) * 512);
      expect(Math.max(...found.map((value, i) => Math.abs(value - rows[i]!)))).toBeLessThan(1e-4);
    }
  });

  test('refuses ids beyond the vocabulary, and no ids at all', async () => {
    const beyond = await runLlm({ input_ids: ints([1, 2], [1, 512]) }, 'beyond');
    expect(beyond.ran).toMatchObject({ code: 1, stderr: [expect.stringMatching(/512/)] });
    const none = await runLlm({ position_ids: ints([1, 1], [0]) }, 'none');
    expect(none.ran).toMatchObject({ code: 1, stderr: [expect.stringMatching(/no tensor input_ids/)] });
  });
});
