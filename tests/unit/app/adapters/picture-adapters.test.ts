import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pictureAdapters } from '../../../../app/adapters/picture-adapters.js';
import type { GenerationSettings } from '../../../../app/contracts/generation.js';
import { receiptOf, SmallShelf } from '../adapter-parts.js';
import { temporaryFolder } from '../test-parts.js';

const model = { name: 'Ink 1.5', path: '/models/ink' };

async function shelfWith(...names: string[]) {
  const shelf = new SmallShelf(temporaryFolder());
  for (const name of names) await shelf.add(name);
  return {
    shelf,
    fileOf: (name: string) => shelf.adapters.find((each) => each.name === name)?.path,
    on: (wish: Partial<Pick<GenerationSettings, 'adapters' | 'prompt' | 'negative'>>) =>
      pictureAdapters({ adapters: [], prompt: '', negative: '', ...wish }, model, shelf),
  };
}

const row = (name: string, weight = 1, textWeight = weight) => ({ adapter: `id-of-${name}`, weight, textWeight });

describe('pictureAdapters', () => {
  test('puts on the rows of the mixer, then the tags of the prompt, and takes the tags out', async () => {
    const { on, fileOf } = await shelfWith('flat-ink', 'paper-grain');
    const { prompt, files, used, notices } = await on({
      adapters: [row('paper-grain', 0.5, 0.25)],
      prompt: 'a cat, <lora:flat-ink:0.8:0.6>, red',
    });
    expect(prompt).toBe('a cat, , red');
    expect(files).toEqual([
      { file: fileOf('paper-grain'), weight: 0.5, textWeight: 0.25 },
      { file: fileOf('flat-ink'), weight: 0.6, textWeight: 0.8 },
    ]);
    expect(used.map(({ adapter, fromPrompt, receipt }) => [adapter.name, fromPrompt, receipt.matched])).toEqual([
      ['paper-grain', false, 264],
      ['flat-ink', true, 264],
    ]);
    expect(notices).toEqual([]);
  });

  test('adds up what is asked of one file in several places', async () => {
    const { shelf, on, fileOf } = await shelfWith('flat-ink');
    await shelf.add('other', {}, 'Other alias');
    const { files, used } = await on({
      adapters: [row('flat-ink', 0.1)],
      prompt: '<lora:flat-ink:0.2><lora:Other alias:1><lora:flat-ink:-0.5>',
    });
    expect(files).toEqual([
      { file: fileOf('flat-ink'), weight: -0.2, textWeight: -0.2 },
      { file: fileOf('other'), weight: 1, textWeight: 1 },
    ]);
    expect(used).toHaveLength(4);
  });

  test('refuses strengths that add up to more than the engine takes', async () => {
    const { on } = await shelfWith('flat-ink');
    await expect(on({ adapters: [row('flat-ink', 60)], prompt: '<lora:flat-ink:60>' })).rejects.toMatchObject({
      kind: 'bad-input',
      message: 'flat-ink is put on several times and its strengths add up to more than 100: lower one of them.',
    });
  });

  test('leaves out strengths of 0, whatever their files are', async () => {
    const { on, shelf } = await shelfWith('flat-ink');
    await shelf.add('broken', { nonFinite: ['x'] });
    const { files, prompt } = await on({ adapters: [row('broken', 0), row('gone', 0)], prompt: 'a<lora:broken:0>' });
    expect(files).toEqual([]);
    expect(prompt).toBe('a');
    expect((await on({ adapters: [row('flat-ink', 0, 0.5)] })).files).toHaveLength(1);
  });

  test.each([
    [
      'a cat <lora:flat:0.8>',
      'not-found',
      'There is no adapter named “flat” on the shelf: put its file into a watched folder, or take <lora:flat:0.8> out of the prompt.',
    ],
    ['<lora:flat:0>', 'not-found', 'There is no adapter named “flat” on the shelf'],
    ['<lora:flat-ink:x>', 'bad-input', 'In <lora:flat-ink:x> the strength “x” is no number from −100 to 100.'],
    ['<lora::1>', 'bad-input', '<lora::1> names no adapter.'],
  ])('refuses %s', async (prompt, kind, message) => {
    const { on } = await shelfWith('flat-ink');
    await expect(on({ prompt })).rejects.toMatchObject({ kind, message: expect.stringContaining(message) as string });
  });

  test('refuses what was made for another base, by its name and counts', async () => {
    const { on, shelf } = await shelfWith();
    await shelf.add('red-paper', { base: 'sdxl', fits: false, matched: 0, total: 722 });
    await shelf.add('odd', { base: 'unknown', fits: false, matched: 0, total: 3 });
    await expect(on({ adapters: [row('red-paper')] })).rejects.toMatchObject({
      ...{ kind: 'unfit-model', file: shelf.adapters[0]?.path },
      message: 'red-paper was made for SDXL; 0 of 722 layers match Ink 1.5. It is not applied.',
    });
    await expect(on({ adapters: [row('odd')] })).rejects.toThrow(
      'odd was not made for Ink 1.5: 0 of 3 layers match. It is not applied.',
    );
  });

  test('refuses values that are no numbers', async () => {
    const { on, shelf } = await shelfWith();
    await shelf.add('dark', { nonFinite: ['lora_unet_a.alpha'] });
    await shelf.add('darker', { nonFinite: ['lora_unet_a.alpha', 'lora_unet_b.alpha'] });
    await expect(on({ adapters: [row('dark')] })).rejects.toThrow(
      'dark holds values that are no numbers (in lora_unet_a.alpha): the file is damaged. It is not applied.',
    );
    await expect(on({ adapters: [row('darker')] })).rejects.toThrow(
      '(in 2 tensors, the first of them lora_unet_a.alpha)',
    );
  });

  test('says which file is meant, where a name in the prompt means several', async () => {
    const { on, shelf } = await shelfWith('third', 'other');
    const [third, other] = shelf.adapters.splice(0);
    const at = (folder: string) => join('/loras', folder, 'third.safetensors');
    const put = (path: string, namesakes: string[]) => {
      shelf.adapters.splice(0, 2, { ...third!, path, namesakes }, other!);
      shelf.receipts.set(path, receiptOf(path));
    };
    const said = async (prompt: string) => (await on({ prompt })).notices;
    put(at('sub'), [at('')]);
    expect(await said('<lora:third:1> <lora:third:0.5> <lora:other:1>')).toEqual([
      'Two adapters are named third: the one in sub is used.',
    ]);
    put(at('a/sub'), [at('b/sub'), at('')]);
    expect(await said('<lora:third:1>')).toEqual([
      `Three adapters are named third: the one in ${join('/loras', 'a', 'sub')} is used.`,
    ]);
    const alias = join('/loras', 'x1.safetensors');
    put(alias, [join('/loras', 'x2.safetensors')]);
    expect(await said('<lora:third:1>')).toEqual(['Two adapters are named third: x1.safetensors is used.']);
  });

  test('says which layers do not match, once, and runs', async () => {
    const { on, shelf } = await shelfWith();
    const blocks = [
      { name: 'Up 2', matched: 20, total: 20, norm: 1 },
      { name: 'Up 3', matched: 230, total: 244, norm: 1 },
    ];
    await shelf.add('paper-grain', { matched: 250, blocks });
    const { notices, files } = await on({ adapters: [row('paper-grain')], prompt: '<lora:paper-grain:0.5>' });
    expect(notices).toEqual(['paper-grain: 250 of 264 layers match; 14 in Up 3 do not. It runs without them.']);
    expect(files).toHaveLength(1);
  });

  test('says in which parts they are, when there are several', async () => {
    const { on, shelf } = await shelfWith();
    const blocks = [
      { name: 'Middle', matched: 0, total: 1, norm: 1 },
      { name: 'Up 3', matched: 0, total: 2, norm: 1 },
    ];
    const other = { name: 'Other', matched: 0, total: 1, norm: null };
    await shelf.add('a', { matched: 1, total: 5, blocks: [...blocks, other] });
    await shelf.add('b', { matched: 1, total: 2, blocks: [other] });
    expect((await on({ adapters: [row('a'), row('b')] })).notices).toEqual([
      'a: 1 of 5 layers match; 4 (1 in Middle, 2 in Up 3, 1 elsewhere) do not. It runs without them.',
      'b: 1 of 2 layers match; 1 does not. It runs without it.',
    ]);
  });

  test('says which tags do nothing, and leaves the negative prompt as A1111 reads it', async () => {
    const { on } = await shelfWith('flat-ink');
    const { prompt, notices, files } = await on({
      prompt: 'a <lora:flat-ink:1:1:8:lbw=MIDD> cat <lora:flat-ink:0.8',
      negative: 'dog <lora:flat-ink:1>',
    });
    expect(prompt).toBe('a  cat <lora:flat-ink:0.8');
    expect(files).toMatchObject([{ weight: 1, textWeight: 1 }]);
    expect(notices).toEqual([
      'In <lora:flat-ink:1:1:8:lbw=MIDD> “8” and “lbw=MIDD” have no effect here.',
      '“<lora:flat-ink:0.8” is not closed with “>”: it is read as words and puts no adapter on.',
      '<lora:flat-ink:1> in the negative prompt is read as words, as in A1111, and puts no adapter on: a strength below zero in the prompt turns an adapter round.',
    ]);
  });

  test('fails in one sentence when a file of the mixer is gone', async () => {
    const { on, fileOf } = await shelfWith('flat-ink');
    await rm(fileOf('flat-ink') ?? '');
    await expect(on({ adapters: [row('flat-ink')] })).rejects.toMatchObject({ kind: 'missing-file' });
  });
});
