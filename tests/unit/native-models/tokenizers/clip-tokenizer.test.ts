import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipTokenizer } from '../../../../native-models/tokenizers/clip-tokenizer.js';
import { readClipTokenizer } from '../../../../native-models/tokenizers/read-clip-tokenizer.js';

const EMBEDDED = fileURLToPath(new URL('../../../../native-models/embedded/pictures/tokenizer', import.meta.url));
const [START, END] = [3035, 3036];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkstone-tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a prompt', () => {
  it('is framed by begin and end, and padded to the length of the text model', async () => {
    const { ids, tokens, truncated, leftOut } = (await read(EMBEDDED)).encode('a red heart');
    expect(ids).toHaveLength(32);
    expect(ids[0]).toBe(START);
    expect(ids.slice(tokens + 1)).toEqual(new Array(32 - tokens - 1).fill(END));
    expect([truncated, leftOut]).toEqual([0, '']);
  });

  it('that is empty is begin, end and padding', async () => {
    expect((await read(EMBEDDED)).encode('')).toMatchObject({ ids: [START, ...new Array(31).fill(END)], tokens: 0 });
  });

  it('that fills every place is whole, and one word more is left out and told', async () => {
    const tokenizer = await read(EMBEDDED);
    expect(tokenizer.chunkLength).toBe(30);
    expect(tokenizer.encode('a '.repeat(30))).toMatchObject({ tokens: 30, truncated: 0, leftOut: '' });
    const long = tokenizer.encode(`${'a '.repeat(30)}Red Heart`);
    expect(long).toMatchObject({ tokens: 32, truncated: 2, leftOut: 'red heart' });
    expect(long.ids.at(-1)).toBe(END);
  });

  it('of 100,000 words takes a second at most', async () => {
    const tokenizer = await read(EMBEDDED);
    const before = performance.now();
    expect(tokenizer.encode('heart, '.repeat(100_000)).tokens).toBe(200_000);
    expect(performance.now() - before).toBeLessThan(3000);
  });
});

describe('special tokens in a prompt', () => {
  it('are tokens, as in the reference, and text around them is text', async () => {
    const tokenizer = await read(EMBEDDED);
    const [a, b] = [tokenizer.tokenize('a'), tokenizer.tokenize('b')];
    expect(tokenizer.tokenize('a <|endoftext|> b')).toEqual([...a, END, ...b]);
  });

  it('are looked for in capitals only where the settings say normalized', async () => {
    const tokenizer = await read(EMBEDDED);
    expect(tokenizer.tokenize('<|STARTOFTEXT|>')).toEqual([START]);
    expect(tokenizer.tokenize('<|ENDOFTEXT|>').length).toBeGreaterThan(1);
  });

  it('include the padding where it is a token of its own, as "!" in SD 2', async () => {
    const other = await variant({ 'special_tokens_map.json': JSON.stringify({ pad_token: '!' }) });
    const tokenizer = await read(other);
    expect(tokenizer.tokenize('!')).toEqual([0]);
    expect(tokenizer.encode('a').ids.at(-1)).toBe(0);
    expect((await read(EMBEDDED)).tokenize('!')).not.toEqual([0]); // there it is the sign at the end of a word
  });
});

describe('files', () => {
  it('tokenizer.json alone gives the same ids as vocab.json and merges.txt', async () => {
    const vocab: unknown = JSON.parse(await readFile(join(EMBEDDED, 'vocab.json'), 'utf8'));
    const merges = (await readFile(join(EMBEDDED, 'merges.txt'), 'utf8')).split('\n').slice(1).filter(Boolean);
    for (const written of [merges, merges.map((pair) => pair.split(' '))]) {
      const model = { type: 'BPE', end_of_word_suffix: '</w>', vocab, merges: written };
      const other = await variant({
        'tokenizer.json': JSON.stringify({ model }),
        'vocab.json': null,
        'merges.txt': null,
      });
      const text = 'A Red heart, noto style; "Straße" 123!';
      expect((await read(other)).encode(text)).toEqual((await read(EMBEDDED)).encode(text));
    }
  });

  it('without settings take CLIP’s own names and the text model’s length', async () => {
    const other = await variant({ 'tokenizer_config.json': null, 'special_tokens_map.json': null });
    expect((await read(other, 24)).encode('a').ids).toHaveLength(24);
  });

  it('a length beyond the text model’s positions is cut to them', async () => {
    const other = await variant({ 'tokenizer_config.json': '{"model_max_length": 1e30}' });
    expect((await read(other, 77)).maxLength).toBe(77);
  });

  it.each([
    ['a missing merges.txt', { 'merges.txt': null }, /has no merges.txt and no tokenizer.json/],
    ['a vocabulary that is no JSON', { 'vocab.json': '{' }, /vocab.json is not JSON: download it again/],
    ['a vocabulary without ids', { 'vocab.json': '{"a": "b"}' }, /vocab.json is no list of tokens and their ids/],
    ['an empty vocabulary', { 'vocab.json': '{}' }, /vocab.json is no list of tokens/],
    [
      'a merge of three tokens',
      { 'merges.txt': '#version: 0.2\na b\na b c\n' },
      /merges.txt: merge 2 is not two tokens/,
    ],
    ['settings that are a list', { 'tokenizer_config.json': '[]' }, /tokenizer_config.json is not a JSON object/],
    ['a vocabulary without the end token', { 'vocab.json': '{"<|startoftext|>": 0}' }, /has no "<\|endoftext\|>"/],
    [
      'a length with no room',
      { 'tokenizer_config.json': '{"model_max_length": 2}' },
      /model_max_length is 2, expected room/,
    ],
    [
      'a tokenizer of another kind',
      { 'vocab.json': null, 'tokenizer.json': '{"model": {"type": "Unigram"}}' },
      /is not CLIP's kind of tokenizer/,
    ],
  ] as const)('%s is refused in one sentence', async (_, changes, sentence) => {
    const other = await variant(changes);
    await expect(read(other)).rejects.toThrow(sentence);
  });
});

async function read(from: string, positions = 32): Promise<ClipTokenizer> {
  const files = Object.fromEntries((await readdir(from)).map((file) => [file, join(from, file)]));
  return readClipTokenizer({ folder: from, files }, positions);
}

/** A copy of the embedded tokenizer with some files written anew, or taken away (null). */
async function variant(changes: Readonly<Record<string, string | null>>): Promise<string> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  await cp(EMBEDDED, copy, { recursive: true });
  for (const [name, text] of Object.entries(changes)) {
    if (text === null) await rm(join(copy, name));
    else await writeFile(join(copy, name), text);
  }
  return copy;
}
