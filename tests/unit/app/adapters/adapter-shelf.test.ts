import {
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { AdapterCard } from '../../../../app/contracts/adapters.js';
import { adapterShelf } from '../../../../app/contracts/adapters.js';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { writeZeros } from '../../native-models/adapters/adapter-files.js';
import { exists, makePlace, until } from '../test-parts.js';
import { openShelf, realModel, writeAdapter } from './shelf-parts.js';

type Opened = Awaited<ReturnType<typeof openShelf>>;

const cards = async ({ shelf }: Pick<Opened, 'shelf'>): Promise<AdapterCard[]> => (await shelf.list(null)).adapters;
const names = async (opened: Pick<Opened, 'shelf'>): Promise<string[]> =>
  (await cards(opened)).map(({ name }) => name).toSorted();
const card = async (opened: Pick<Opened, 'shelf'>, name: string): Promise<AdapterCard> => {
  const found = (await cards(opened)).find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no card ${name}`);
  return found;
};

/** A started shelf that watches a folder with some adapters. */
async function watched(files: readonly string[], options: Parameters<typeof openShelf>[0] = {}) {
  const opened = await openShelf(options);
  const folder = join(opened.root, 'loras');
  await mkdir(folder, { recursive: true });
  for (const name of files) await writeAdapter(join(folder, `${name}.safetensors`));
  await opened.shelf.start();
  await opened.shelf.add([folder]);
  await opened.shelf.idle();
  return { ...opened, folder, file: (name: string) => join(folder, `${name}.safetensors`) };
}

const picture = (path: string, side: number): Promise<unknown> =>
  sharp({ create: { width: side, height: side / 2, channels: 3, background: 'red' } }).toFile(path);

describe('watched folders', () => {
  test('bring their adapters as cards, from below too, and nothing is written into them', async () => {
    const opened = await openShelf();
    const { root, shelf } = opened;
    const folder = join(root, 'models', 'Lora');
    await mkdir(join(folder, 'styles'), { recursive: true });
    await writeAdapter(join(folder, 'paper.safetensors'));
    await writeAdapter(join(folder, 'styles', 'Flat Ink.safetensors'), { metadata: { ss_output_name: 'flat' } });
    await writeFile(join(folder, 'styles', 'Flat Ink.json'), JSON.stringify({ 'activation text': 'flat ink style' }));
    await writeFile(join(folder, 'read me.txt'), 'no adapter');
    const before = await readdir(folder, { recursive: true });

    const added = await shelf.add([folder]);
    await shelf.list(realModel);
    await shelf.idle();
    const state = await shelf.list(realModel);
    expect(adapterShelf.safeParse(state).error).toBeUndefined();
    expect(state).toMatchObject({
      adapters: [
        { name: 'paper', fit: { state: 'fits' }, problem: null, rating: 0, usedAt: null, missing: false },
        {
          ...{ id: expect.stringMatching(/^flat-ink-[0-9a-f]{6}$/) as string, name: 'Flat Ink', alias: 'flat' },
          path: join(folder, 'styles', 'Flat Ink.safetensors'),
          triggerWords: [{ text: 'flat ink style', source: 'sidecar file' }],
        },
      ],
      folders: [{ path: folder, count: 2, embedded: false, missing: false }],
      waiting: 0,
    });
    expect(added).toEqual({ ids: state.adapters.map(({ id }) => id), notices: [] });
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  test('are read once: a restart reads no file that did not change', async () => {
    const { close, folder, asked, ...first } = await watched(['a', 'b']);
    expect(asked.described).toHaveLength(2);
    expect(asked.hashed).toHaveLength(2);
    await close();
    await writeAdapter(join(folder, 'c.safetensors'));
    const again = await openShelf({ place: first });
    await again.shelf.start();
    await again.shelf.idle();
    expect(again.asked.described).toEqual([join(folder, 'c.safetensors')]);
    expect(again.asked.hashed).toEqual([join(folder, 'c.safetensors')]);
    expect(await names(again)).toEqual(['a', 'b', 'c']);
  });

  test('are watched: what comes, changes, and is put beside a file is on the card soon', async () => {
    const opened = await watched(['a']);
    await writeAdapter(opened.file('b'));
    await until(async () => (await names(opened)).join() === 'a,b');
    await mkdir(join(opened.folder, 'v1.5'));
    await until(async () => (await names(opened)).length === 2);
    await writeAdapter(join(opened.folder, 'v1.5', 'deep.safetensors'));
    await until(async () => (await names(opened)).length === 3);

    const before = await card(opened, 'a');
    expect(before.preview).toBeNull();
    await picture(join(opened.folder, 'a.preview.png'), 64);
    await until(async () => (await card(opened, 'a')).preview !== null);
    await writeAdapter(opened.file('a'), { rank: 2 });
    await until(async () => (await card(opened, 'a')).rank?.[0] === 2);
    await until(async () => (await card(opened, 'a')).hashes !== null);
    expect((await card(opened, 'a')).hashes).not.toEqual(before.hashes);
  });

  test('that cannot be watched are looked at now and then', async () => {
    const opened = await watched(['a']);
    await rm(opened.folder, { recursive: true });
    await until(async () => (await opened.shelf.list(null)).folders[0]?.missing === true);
    await mkdir(opened.folder);
    await writeAdapter(opened.file('b'));
    await until(async () => (await names(opened)).includes('b'));
    expect((await opened.shelf.list(null)).folders).toMatchObject([{ missing: false }]);
  });

  test('that are unplugged keep their cards, marked, until they are back', async () => {
    const opened = await watched(['a', 'b']);
    const { id } = await card(opened, 'a');
    opened.shelf.save(id, { rating: 4 });
    await rename(opened.folder, `${opened.folder} away`);
    await opened.shelf.refresh();
    expect((await opened.shelf.list(null)).folders).toMatchObject([{ count: 2, missing: true }]);
    expect((await cards(opened)).map(({ missing }) => missing)).toEqual([true, true]);
    await expect(opened.shelf.ready(id)).rejects.toMatchObject({
      kind: 'missing-file',
      message: `a is gone: there is nothing at ${opened.file('a')} any more.`,
    });
    const reads = opened.asked.described.length;
    await rename(`${opened.folder} away`, opened.folder);
    await opened.shelf.refresh();
    expect((await cards(opened)).map(({ missing, rating }) => [missing, rating])).toEqual([
      [false, 4],
      [false, 0],
    ]);
    expect(opened.asked.described.length).toBe(reads);
  });

  test('that are taken off take their cards along; ratings and notes are there when they come back', async () => {
    const opened = await watched(['a', 'b']);
    const { id } = await card(opened, 'a');
    opened.shelf.save(id, { rating: 5, tags: ['ink'], note: 'best at 0.6' });
    opened.shelf.unwatch(opened.folder);
    expect(await opened.shelf.list(null)).toMatchObject({ adapters: [], folders: [] });
    expect(await opened.shelf.find('a')).toBeNull();
    await writeAdapter(opened.file('c'));

    await opened.shelf.add([opened.folder]);
    expect(await names(opened)).toEqual(['a', 'b', 'c']);
    expect(await card(opened, 'a')).toMatchObject({ id, rating: 5, tags: ['ink'], note: 'best at 0.6' });
    expect(() => opened.shelf.unwatch('/elsewhere')).toThrow('/elsewhere is not watched.');
  });

  test('inside or above a watched one are not watched twice', async () => {
    const opened = await watched(['a']);
    const inside = join(opened.folder, 'inside');
    await mkdir(inside);
    await writeAdapter(join(inside, 'b.safetensors'));
    expect((await opened.shelf.add([inside])).ids).toHaveLength(1);
    expect((await opened.shelf.list(null)).folders).toMatchObject([{ path: opened.folder, count: 2 }]);

    await opened.shelf.add([opened.root]);
    expect((await opened.shelf.list(null)).folders).toMatchObject([{ path: opened.root, count: 2 }]);
    expect(await names(opened)).toEqual(['a', 'b']);
  });

  test('that cannot be read are not watched, and the reason is told', async () => {
    const sentence = '/disk holds more than 200,000 files and folders: choose the folder that your adapters are in.';
    const opened = await openShelf({
      worker: () => ({ scanAdapterFolder: () => Promise.reject(new StudioError('bad-input', sentence)) }),
    });
    await opened.shelf.start();
    expect(await opened.shelf.add([opened.root])).toEqual({ ids: [], notices: [`${sentence} It is not watched.`] });
    expect((await opened.shelf.list(null)).folders).toEqual([]);
  });

  test('with links that lead back up end', async () => {
    const opened = await openShelf();
    const folder = join(opened.root, 'loras');
    await mkdir(join(folder, 'x'), { recursive: true });
    await writeAdapter(join(folder, 'x', 'a.safetensors'));
    await symlink(folder, join(folder, 'x', 'up'));
    await opened.shelf.start();
    await opened.shelf.add([folder]);
    expect(await names(opened)).toEqual(['a']);
  });

  test('hold other files too: a checkpoint has no card, an adapter that cannot be used has one that says why', async () => {
    const opened = await watched(['good']);
    await writeFile(opened.file('empty'), '');
    await writeAdapter(opened.file('cut'));
    await truncate(opened.file('cut'), 4000);
    await writeCheckpoint(opened.file('checkpoint'));
    await opened.shelf.refresh();
    await opened.shelf.idle();
    expect(await names(opened)).toEqual(expect.arrayContaining(['cut', 'good']) as string[]);
    expect(await names(opened)).not.toContain('checkpoint');
    const { id, problem } = await card(opened, 'cut');
    expect(problem).toMatch(/^cut\.safetensors .*\.$/);
    await expect(opened.shelf.ready(id)).rejects.toMatchObject({ kind: 'unsupported', message: problem });
    expect((await opened.shelf.list(null)).folders).toMatchObject([{ count: (await names(opened)).length }]);

    const reads = opened.asked.described.length;
    await opened.shelf.refresh();
    expect(opened.asked.described.length).toBe(reads);
  });

  test('with a file that ends the worker lose that file alone', async () => {
    const opened = await watched(['a', 'evil', 'z'], {
      worker: (real) => ({
        describeAdapters: (request) =>
          request.paths.some((path) => path.includes('evil'))
            ? Promise.reject(new StudioError('engine-lost', 'The worker ended while it read evil.'))
            : real.describeAdapters(request),
      }),
    });
    expect((await cards(opened)).map(({ name, problem }) => [name, problem])).toEqual([
      ['a', null],
      ['evil', 'The worker ended while it read evil.'],
      ['z', null],
    ]);
  });
});

describe('files that move', () => {
  test.each(['while the studio watches', 'while it is closed'])('keep what was said of them: %s', async (when) => {
    const opened = await watched(['before']);
    const { id } = await card(opened, 'before');
    opened.shelf.save(id, { rating: 3, note: 'mine' });
    let now: Opened = opened;
    if (when === 'while it is closed') await opened.close();
    await mkdir(join(opened.folder, 'sub'));
    await rename(opened.file('before'), join(opened.folder, 'sub', 'after.safetensors'));
    if (when === 'while it is closed') {
      now = await openShelf({ place: opened });
      await now.shelf.start();
    } else await until(async () => (await names(now)).join() === 'after');
    expect(await cards(now)).toMatchObject([{ id, name: 'after', rating: 3, note: 'mine', missing: false }]);
    expect((await now.shelf.find('after'))?.id).toBe(id);
    // The old path's id is taken; another file there is another adapter.
    await writeAdapter(opened.file('before'));
    await now.shelf.refresh();
    expect((await card(now, 'before')).id).toBe(`${id}-2`);
  });

  test('to another disk are known again by their tensors', async () => {
    const opened = await watched(['before']);
    const { id } = await card(opened, 'before');
    opened.shelf.save(id, { tags: ['ink'] });
    const bytes = await readFile(opened.file('before'));
    await rm(opened.file('before'));
    await opened.shelf.refresh();
    expect(await card(opened, 'before')).toMatchObject({ missing: true, tags: ['ink'] });

    await writeFile(opened.file('copied'), bytes);
    await until(async () => (await names(opened)).join() === 'copied');
    expect(await cards(opened)).toMatchObject([{ id, name: 'copied', tags: ['ink'], missing: false }]);
  });

  test('and are gone lose their card, unless something was said of them or they were used', async () => {
    const opened = await watched(['plain', 'rated', 'tagged', 'noted', 'used']);
    opened.shelf.save((await card(opened, 'rated')).id, { rating: 1 });
    opened.shelf.save((await card(opened, 'tagged')).id, { tags: [] });
    opened.shelf.save((await card(opened, 'noted')).id, { note: '<b>bold</b>' });
    const { id } = await card(opened, 'used');
    await opened.shelf.used([{ id, how: 'live', seconds: 0.06 }], { path: join(opened.root, 'nothing.png') });
    for (const name of await names(opened)) await rm(opened.file(name));
    await opened.shelf.refresh();
    expect((await cards(opened)).map(({ name, missing }) => [name, missing])).toEqual([
      ['noted', true],
      ['rated', true],
      ['tagged', true],
      ['used', true],
    ]);
    await expect(opened.shelf.fileOf(id)).rejects.toMatchObject({ kind: 'missing-file' });
    opened.shelf.forget(id);
    expect(await names(opened)).toEqual(['noted', 'rated', 'tagged']);
  });
});

describe('single files', () => {
  test('are added where they lie, and taken off again', async () => {
    const opened = await openShelf();
    const { root, shelf } = opened;
    const path = await writeAdapter(join(root, 'one.safetensors'));
    const { ids, notices } = await shelf.add([path, path]);
    expect(notices).toEqual([]);
    expect(await cards(opened)).toMatchObject([{ id: ids[0], name: 'one', path }]);
    expect((await shelf.list(null)).folders).toEqual([]);
    shelf.save(ids[0] ?? '', { note: 'keep this' });
    shelf.forget(ids[0] ?? '');
    expect(await cards(opened)).toEqual([]);
    expect(await exists(path)).toBe(true);

    expect((await shelf.add([path])).ids).toEqual(ids);
    expect(await cards(opened)).toMatchObject([{ note: 'keep this' }]);
  });

  test('that are no adapters are told, one sentence each, and the others are added', async () => {
    const opened = await openShelf();
    const { root, shelf } = opened;
    const path = await writeAdapter(join(root, 'one.safetensors'));
    await picture(join(root, 'cat.png'), 32);
    await writeFile(join(root, 'notes.txt'), 'these are no weights');
    await writeCheckpoint(join(root, 'checkpoint.safetensors'));
    const { ids, notices } = await shelf.add([
      join(root, 'cat.png'),
      join(root, 'notes.txt'),
      join(root, 'checkpoint.safetensors'),
      join(root, 'nothing.safetensors'),
      path,
    ]);
    expect(notices).toEqual([
      `There is nothing at ${join(root, 'nothing.safetensors')}: it was not added.`,
      'cat.png is a picture, not an adapter. It was not added.',
      expect.stringMatching(/^notes\.txt .*\. It was not added\.$/),
      expect.stringMatching(/^checkpoint\.safetensors .*\. It was not added\.$/),
    ]);
    expect(ids).toEqual([(await card(opened, 'one')).id]);
    expect(await names(opened)).toEqual(['one']);
  });

  test('that are no safetensors files have no card, in a folder either', async () => {
    const opened = await watched(['good']);
    const text = join(opened.root, 'notes.safetensors');
    await writeFile(text, 'these are no weights at all, only words');
    await writeFile(opened.file('words'), 'these are no weights at all, only words');
    await writeFile(join(opened.root, 'empty.safetensors'), '');
    const { ids, notices } = await opened.shelf.add([text, join(opened.root, 'empty.safetensors')]);
    expect(ids).toEqual([]);
    expect(notices).toEqual([
      'notes.safetensors is no safetensors file: it begins with other bytes. It was not added.',
      'empty.safetensors is no safetensors file: it has only 0 bytes. Download it again. It was not added.',
    ]);
    await opened.shelf.refresh();
    expect(await names(opened)).toEqual(['good']);
  });

  test('lose their card when another file takes their place that is no adapter', async () => {
    const opened = await openShelf();
    const path = await writeAdapter(join(opened.root, 'a.safetensors'));
    const { ids } = await opened.shelf.add([path]);
    await writeFile(path, 'these are no weights at all, only words');
    await expect(opened.shelf.ready(ids[0] ?? '')).rejects.toThrow(
      'a.safetensors is no safetensors file: it begins with other bytes.',
    );
    expect(await cards(opened)).toEqual([]);
    await writeAdapter(path);
    expect((await opened.shelf.add([path])).ids).toEqual(ids);
  });

  test('that are there already, or hold the same as another one, are told', async () => {
    const opened = await watched(['ink']);
    const copy = join(opened.root, 'copy.safetensors');
    await copyFile(opened.file('ink'), copy);
    const { ids, notices } = await opened.shelf.add([copy]);
    expect(notices).toEqual(['copy was added. It holds the same as ink.']);
    expect(await opened.shelf.add([copy])).toEqual({ ids, notices: ['copy.safetensors is on the shelf already.'] });
    await mkdir(join(opened.root, 'more'));
    await copyFile(copy, join(opened.root, 'more', 'copy.safetensors'));
    const again = await opened.shelf.add([join(opened.root, 'more', 'copy.safetensors')]);
    expect(again.notices).toHaveLength(1);
    expect(await opened.shelf.add([opened.file('ink')])).toMatchObject({
      notices: ['ink.safetensors is on the shelf already.'],
    });
  });

  test('of a kind that cannot be used yet are on the shelf with their problem', async () => {
    const opened = await openShelf();
    const path = join(opened.root, 'falcon.safetensors');
    const module = 'lora_unet_mid_block_attentions_0_proj_in';
    await writeZeros(path, { [`${module}.lokr_w1`]: [4, 4], [`${module}.lokr_w2`]: [8, 8], [`${module}.alpha`]: [] });
    const { ids, notices } = await opened.shelf.add([path]);
    const problem = 'falcon.safetensors is a LoKr file: not supported yet.';
    expect(notices).toEqual([`${problem} It is on the shelf all the same.`]);
    expect(await cards(opened)).toMatchObject([{ id: ids[0], problem, fit: null }]);
  });

  test('stay on the shelf when the folder around them is taken off; files of a folder are not taken off singly', async () => {
    const opened = await watched(['a', 'b']);
    await opened.shelf.add([opened.file('a')]);
    const { id } = await card(opened, 'b');
    expect(() => opened.shelf.forget(id)).toThrow(
      `b lies in the watched folder ${opened.folder}, so it stays on the shelf.`,
    );
    opened.shelf.unwatch(opened.folder);
    expect(await names(opened)).toEqual(['a']);
  });

  test('on a drive that is unplugged keep their card', async () => {
    const opened = await openShelf();
    const drive = join(opened.root, 'drive');
    await mkdir(drive);
    const [on, off] = [join(drive, 'on.safetensors'), join(opened.root, 'off.safetensors')];
    await opened.shelf.add([await writeAdapter(on), await writeAdapter(off)]);
    await rename(drive, `${drive} away`);
    await rm(off);
    await opened.shelf.refresh();
    expect(await cards(opened)).toMatchObject([{ name: 'on', missing: true }]);
    await rename(`${drive} away`, drive);
    await opened.shelf.refresh();
    expect(await cards(opened)).toMatchObject([{ name: 'on', missing: false }]);
  });
});

describe('the studio’s own adapters', () => {
  test('are always on the shelf and keep their ids when the studio is installed elsewhere', async () => {
    const place = await makePlace();
    const own = join(place.embeddedModels, 'pictures', 'loras');
    await mkdir(own);
    await writeAdapter(join(own, 'flat-ink.safetensors'));
    const first = await openShelf({ place });
    await first.shelf.start();
    expect(await first.shelf.list(null)).toMatchObject({
      adapters: [{ id: 'embedded-flat-ink', embedded: true }],
      folders: [{ path: own, embedded: true, count: 1, missing: false }],
    });
    expect(() => first.shelf.unwatch(own)).toThrow(/ship with the studio/);
    expect(() => first.shelf.forget('embedded-flat-ink')).toThrow('flat-ink ships with the studio, so it stays');
    // Also where the folder above is watched.
    await first.shelf.add([place.root]);
    expect(await cards(first)).toMatchObject([{ id: 'embedded-flat-ink', embedded: true }]);
    first.shelf.unwatch(place.root);
    first.shelf.save('embedded-flat-ink', { rating: 2 });
    await first.close();

    const moved = join(place.root, 'installed', 'elsewhere');
    await mkdir(join(moved, 'pictures', 'loras'), { recursive: true });
    await writeAdapter(join(moved, 'pictures', 'loras', 'flat-ink.safetensors'));
    await rm(own, { recursive: true });
    const again = await openShelf({ place: { ...place, embeddedModels: moved } });
    await again.shelf.start();
    expect(await cards(again)).toMatchObject([
      { id: 'embedded-flat-ink', rating: 2, missing: false, path: expect.stringContaining('elsewhere') as string },
    ]);
  });
});

describe('a name in a prompt', () => {
  test('means a file name, exactly or by its letters, and then an alias', async () => {
    const opened = await watched(['Flat Ink', 'paper']);
    await writeAdapter(opened.file('x1'), { metadata: { ss_output_name: 'Paper' } });
    await writeAdapter(opened.file('x2'), { metadata: { ss_output_name: 'Ümlaut' } });
    await opened.shelf.refresh();
    const found = async (name: string) => (await opened.shelf.find(name))?.name ?? null;
    expect(await found('Flat Ink')).toBe('Flat Ink');
    expect(await found('flat ink')).toBe('Flat Ink');
    expect(await found('Paper')).toBe('paper');
    expect(await found('ÜMLAUT')).toBe('x2');
    expect(await found('nothing')).toBeNull();
  });

  test('of two files means the one that was used last, else the first by path, and never one that cannot be used', async () => {
    const opened = await watched([]);
    for (const sub of ['a', 'b', 'c']) {
      await mkdir(join(opened.folder, sub));
      await writeAdapter(join(opened.folder, sub, 'ink.safetensors'));
    }
    await truncate(join(opened.folder, 'a', 'ink.safetensors'), 4000);
    await opened.shelf.refresh();
    expect(await opened.shelf.find('ink')).toMatchObject({
      path: join(opened.folder, 'b', 'ink.safetensors'),
      namesakes: [join(opened.folder, 'c', 'ink.safetensors')],
    });
    const last = (await cards(opened)).find(({ path }) => path.includes(join('c', 'ink')));
    await opened.shelf.used([{ id: last?.id ?? '', how: 'live', seconds: 0.06 }], { path: '/nothing.png' });
    expect((await opened.shelf.find('ink'))?.path).toBe(join(opened.folder, 'c', 'ink.safetensors'));
  });

  test('is looked for on the disk by the command line, which watches nothing, and only when it is not known', async () => {
    const { close, folder, ...first } = await watched(['known']);
    await close();
    await writeAdapter(join(folder, 'new.safetensors'));
    const { shelf, asked } = await openShelf({ place: first });
    expect((await shelf.find('known'))?.name).toBe('known');
    expect(asked.described).toEqual([]);
    expect((await shelf.find('new'))?.name).toBe('new');
    expect(await shelf.find('nothing')).toBeNull();
    expect(asked.described).toHaveLength(1);
    expect(asked.hashed).toEqual([]);
  });

  test('finds a file that changed as it is now, and says when it is gone', async () => {
    const opened = await watched(['a']);
    const { id } = await card(opened, 'a');
    await opened.close();
    const { shelf } = await openShelf({ place: opened });
    await writeAdapter(opened.file('a'), { metadata: { ss_output_name: 'changed' } });
    expect(await shelf.ready(id)).toEqual({ id, name: 'a', alias: 'changed', path: opened.file('a') });
    await rm(opened.file('a'));
    await expect(shelf.find('a')).rejects.toMatchObject({ kind: 'missing-file' });
    await expect(shelf.ready('nobody')).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('a file with values that are no numbers', () => {
  const damaged = (name: string) =>
    expect.stringMatching(
      new RegExp(`^${name}\\.safetensors holds values that are no numbers \\(in \\S+\\): the file is damaged\\.$`),
    ) as string;

  test('has its problem on the card when it was read whole, and keeps it until another file takes its place', async () => {
    const opened = await watched([]);
    await writeDamaged(opened.file('dark'));
    await opened.shelf.refresh();
    await opened.shelf.idle();
    const { id, hashes } = await card(opened, 'dark');
    expect(await cards(opened)).toMatchObject([{ problem: damaged('dark'), fit: null }]);
    expect(adapterShelf.parse(await opened.shelf.list(realModel)).adapters).toMatchObject([{ hashes, fit: null }]);
    await expect(opened.shelf.find('dark')).rejects.toMatchObject({ message: damaged('dark') });
    // What lies beside it is read anew; the file is not.
    await writeFile(join(opened.folder, 'dark.json'), JSON.stringify({ 'activation text': 'ink' }));
    await opened.shelf.refresh();
    expect(await cards(opened)).toMatchObject([{ triggerWords: [{ text: 'ink' }], problem: damaged('dark') }]);
    await rename(opened.file('dark'), opened.file('darker'));
    await opened.shelf.refresh();
    await opened.shelf.idle();
    expect(await cards(opened)).toMatchObject([{ id, problem: damaged('darker') }]);
    await writeAdapter(opened.file('darker'));
    await opened.shelf.refresh();
    await opened.shelf.idle();
    expect(await cards(opened)).toMatchObject([{ id, problem: null, hashes: { autov3: expect.any(String) } }]);
  });

  test('is told when it is added, and its receipt shows where', async () => {
    const opened = await openShelf();
    const path = join(opened.root, 'dark.safetensors');
    await writeDamaged(path);
    const { ids, notices } = await opened.shelf.add([path]);
    expect(notices).toEqual([expect.stringMatching(/: the file is damaged\. It is on the shelf all the same\.$/)]);
    expect(await opened.shelf.receiptToShow(ids[0] ?? '', realModel)).toMatchObject({
      nonFinite: [expect.any(String)],
    });
  });

  test('is known by its receipt too, where that reads it first', async () => {
    const opened = await openShelf({
      worker: () => ({ hashAdapter: () => Promise.reject(new Error('not yet')) }),
    });
    const path = join(opened.root, 'dark.safetensors');
    await writeDamaged(path);
    const { ids } = await opened.shelf.add([path]);
    expect(await cards(opened)).toMatchObject([{ problem: null }]);
    await opened.shelf.receiptToShow(ids[0] ?? '', null);
    expect(await cards(opened)).toMatchObject([{ problem: damaged('dark') }]);
  });
});

describe('how files fit', () => {
  test('is asked once for files with the same layers, and not again after a restart', async () => {
    const opened = await watched(['a', 'b', 'c']);
    await writeAdapter(opened.file('wide'), { rank: 3 });
    await opened.shelf.list(realModel);
    await opened.shelf.idle();
    expect((await opened.shelf.list(realModel)).adapters.map(({ fit }) => fit?.state)).toEqual(
      (await names(opened)).map(() => 'fits'),
    );
    expect(opened.asked.fitted).toHaveLength(1);
    await opened.close();
    const again = await openShelf({ place: opened });
    expect((await again.shelf.list(realModel)).adapters[0]?.fit).toMatchObject({ state: 'fits' });
    expect(again.asked.fitted).toEqual([]);
    expect((await again.shelf.list('/no/model')).adapters[0]?.fit).toBeNull();
  });

  test('says nothing rather than something wrong while it is not known', async () => {
    const opened = await watched(['a'], { worker: () => ({ fitAdapters: () => Promise.reject(new Error('no')) }) });
    expect((await opened.shelf.list(realModel)).adapters).toMatchObject([{ fit: null }]);
  });
});

describe('receipts', () => {
  test('are kept while neither the file, nor those beside it, nor the model changes', async () => {
    const opened = await watched(['a']);
    const receipt = async () => opened.shelf.receipt((await opened.shelf.find('a')) ?? expect.fail(), realModel);
    const first = await receipt();
    expect(first).toMatchObject({ file: opened.file('a'), dialect: 'kohya', matched: 12, total: 12, fits: true });
    expect(await receipt()).toEqual(first);
    expect(opened.asked.inspected).toHaveLength(1);

    await writeFile(join(opened.folder, 'a.json'), JSON.stringify({ 'activation text': 'ink' }));
    await opened.shelf.refresh();
    expect((await receipt()).triggerWords).toEqual([{ text: 'ink', source: 'sidecar file' }]);
    await writeAdapter(opened.file('a'), { rank: 2 });
    expect((await receipt()).rank).toEqual([2, 2]);
    expect((await opened.shelf.receipt((await opened.shelf.find('a')) ?? expect.fail(), null)).matched).toBeNull();
  });

  test('make the hashes known too, and tell the path where the file is now', async () => {
    const opened = await openShelf();
    const path = await writeAdapter(join(opened.root, 'loose.safetensors'));
    const loose = { id: null, name: 'loose', alias: null, path };
    const { hashes } = await opened.shelf.receipt(loose, null);
    await opened.shelf.add([path]);
    await opened.shelf.idle();
    expect((await card(opened, 'loose')).hashes).toEqual(hashes);
    const moved = join(opened.root, 'moved.safetensors');
    await rename(path, moved);
    expect((await opened.shelf.receipt({ ...loose, path: moved }, null)).file).toBe(moved);
    expect(opened.asked.inspected).toEqual([path]);
    await expect(opened.shelf.receipt(loose, null)).rejects.toMatchObject({ kind: 'missing-file' });
  });

  test('that a person looks at give way to the next one; those of pictures do not', async () => {
    const waiting: { path: string; signal: AbortSignal }[] = [];
    const opened = await watched(['a', 'b'], {
      worker: (real) => ({
        inspectAdapter: async (request, signal) => {
          waiting.push({ path: request.path, signal });
          await until(() => signal.aborted || waiting.length >= 3);
          if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
          return real.inspectAdapter(request, signal);
        },
      }),
    });
    const [a, b] = await cards(opened);
    const shown = opened.shelf.receiptToShow(a?.id ?? '', null);
    const refused = expect(shown).rejects.toMatchObject({ kind: 'cancelled' });
    await until(() => waiting.length === 1);
    const next = opened.shelf.receiptToShow(b?.id ?? '', null);
    await refused;
    await until(() => waiting.length === 2);
    expect(waiting.map(({ signal }) => signal.aborted)).toEqual([true, false]);

    const forPicture = opened.shelf.receipt((await opened.shelf.find('b')) ?? expect.fail(), null);
    await new Promise((resolve) => setTimeout(resolve, 50)); // it waits for the same reading as `next`
    const third = opened.shelf.receiptToShow(a?.id ?? '', null);
    await expect(next).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await forPicture).toMatchObject({ file: opened.file('b') });
    expect(await third).toMatchObject({ file: opened.file('a') });
    expect(waiting).toHaveLength(3);
  });
});

describe('hashes', () => {
  test('come in the background, the last used first', async () => {
    const held: (() => void)[] = [];
    const opened = await openShelf({
      worker: (real) => ({
        hashAdapter: async (request, ...rest) => {
          opened.asked.hashed.push(request.path);
          await new Promise<void>((resolve) => held.push(resolve));
          return real.hashAdapter(request, ...rest);
        },
      }),
    });
    const paths = ['a', 'b', 'c'].map((name) => join(opened.root, `${name}.safetensors`));
    for (const path of paths) await writeAdapter(path);
    await opened.shelf.add(paths);
    await until(() => held.length === 1);
    await opened.shelf.used([{ id: (await card(opened, 'c')).id, how: 'live', seconds: 0.06 }], {
      path: '/nothing.png',
    });
    for (let k = 1; k <= 3; k += 1) {
      await until(() => held.length === k);
      held.at(-1)?.();
    }
    await opened.shelf.idle();
    expect(opened.asked.hashed).toEqual([paths[0], paths[2], paths[1]]);
    expect((await cards(opened)).map(({ hashes }) => hashes?.autov3.length)).toEqual([12, 12, 12]);
  });

  test('of a file that changed while it was read are not kept', async () => {
    const opened = await openShelf({
      worker: (real) => ({
        hashAdapter: async (request, ...rest) => {
          const hashes = await real.hashAdapter(request, ...rest);
          await utimes(request.path, 1, 1);
          return hashes;
        },
      }),
    });
    await opened.shelf.add([await writeAdapter(join(opened.root, 'a.safetensors'))]);
    await opened.shelf.idle();
    expect(await cards(opened)).toMatchObject([{ hashes: null }]);
  });
});

describe('pictures of cards', () => {
  test('come from the file beside the adapter, as a WebP of 512 pixels at most', async () => {
    const opened = await watched(['a']);
    await picture(join(opened.folder, 'a.png'), 1000);
    await opened.shelf.refresh();
    const { id, preview } = await card(opened, 'a');
    const file = (await opened.shelf.previewFile(id)) ?? '';
    expect(file).toBe(join(opened.homeAt.adapterPreviews, `${id}.${preview ?? ''}.webp`));
    expect(await sharp(file).metadata()).toMatchObject({ format: 'webp', width: 512, height: 256 });
    await expect(opened.shelf.previewFile('../../etc/passwd')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('come from the metadata, or else from the first picture made with it', async () => {
    const opened = await watched(['plain']);
    const jpeg = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'blue' } })
      .jpeg()
      .toBuffer();
    const thumbnail = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
    await writeAdapter(opened.file('own'), { metadata: { 'modelspec.thumbnail': thumbnail } });
    await opened.shelf.refresh();
    const own = await opened.shelf.previewFile((await card(opened, 'own')).id);
    expect(await sharp(own ?? '').metadata()).toMatchObject({ width: 40, height: 20 });

    const { id } = await card(opened, 'plain');
    expect(await opened.shelf.previewFile(id)).toBeNull();
    const [first, second] = [join(opened.root, 'first.png'), join(opened.root, 'second.png')];
    await picture(first, 64);
    await picture(second, 32);
    await opened.shelf.used([{ id, how: 'live', seconds: 0.06 }], { path: first });
    const { preview } = await card(opened, 'plain');
    await opened.shelf.used([{ id, how: 'live', seconds: 0.06 }], { path: second });
    expect(await card(opened, 'plain')).toMatchObject({ preview, usedAt: expect.any(Number) as number });
    await rm(first);
    expect(await sharp((await opened.shelf.previewFile(id)) ?? '').metadata()).toMatchObject({ width: 64 });
  });

  test('that are broken leave the card without one', async () => {
    const opened = await watched(['a']);
    await writeFile(join(opened.folder, 'a.png'), 'no picture');
    await opened.shelf.refresh();
    expect(await opened.shelf.previewFile((await card(opened, 'a')).id)).toBeNull();
  });

  test('are asked for by the hundred and all come', async () => {
    const opened = await watched([]);
    for (let k = 0; k < 40; k += 1) {
      await writeAdapter(opened.file(`a${k}`));
      await picture(join(opened.folder, `a${k}.png`), 16);
    }
    await opened.shelf.refresh();
    const files = await Promise.all((await cards(opened)).map(({ id }) => opened.shelf.previewFile(id)));
    expect(new Set(files).size).toBe(40);
    expect(files).not.toContain(null);
  });
});

test('HTML in names, notes and tags is text like any other', async () => {
  const opened = await openShelf();
  const name = '<img src=x onerror=alert(1)>';
  const path = await writeAdapter(join(opened.root, `${name}.safetensors`));
  const { ids } = await opened.shelf.add([path]);
  const id = ids[0] ?? '';
  expect(id).toMatch(/^img-src-x-onerror-alert-1-[0-9a-f]{6}$/);
  opened.shelf.save(id, { note: '<script>alert(2)</script>', tags: ['<b>'] });
  expect(await cards(opened)).toMatchObject([{ name, note: '<script>alert(2)</script>', tags: ['<b>'] }]);
  const [broken] = (await opened.shelf.add([join(opened.root, '<b>.safetensors')])).notices;
  expect(broken).toContain('<b>.safetensors');
});

test('tags begin as those of the files beside the adapter, until a person changes them', async () => {
  const opened = await watched(['a']);
  await writeFile(join(opened.folder, 'a.civitai.info'), JSON.stringify({ model: { tags: ['ink', 'style'] } }));
  await opened.shelf.refresh();
  const { id, tags } = await card(opened, 'a');
  expect(tags).toEqual(['ink', 'style']);
  opened.shelf.save(id, { tags: ['ink'] });
  expect((await card(opened, 'a')).tags).toEqual(['ink']);
});

test('2,000 adapters', async () => {
  const { root, ...opened } = await openShelf();
  const folder = join(root, 'loras');
  await mkdir(folder);
  for (let k = 0; k < 2000; k += 1) await writeAdapter(join(folder, `adapter-${k}.safetensors`));
  const { size } = await stat(join(folder, 'adapter-0.safetensors'));
  const times: string[] = [];
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    times.push(`${what} ${(performance.now() - began).toFixed(0)} ms`);
    return result;
  };
  await opened.shelf.start();
  await timed('first cards', async () => {
    await opened.shelf.add([folder]);
    await until(async () => (await opened.shelf.list(null)).adapters.length > 0);
  });
  await timed('all read and hashed', () => opened.shelf.idle());
  const listed = await timed('list', () => opened.shelf.list(realModel));
  await opened.close();

  const again = await openShelf({ place: { root, ...opened } });
  await timed('restart', () => again.shelf.start());
  await timed('list after it', () => again.shelf.list(realModel));
  expect(listed.adapters).toHaveLength(2000);
  expect(opened.asked.fitted).toHaveLength(1);
  expect(again.asked).toEqual({ described: [], hashed: [], inspected: [], fitted: [] });
  // Fewer than the 300 ms between two would allow.
  expect(opened.changes()).toBeLessThan(200);
  console.info(`2,000 adapters of ${size} bytes: ${times.join(', ')}.`);
}, 120_000);

/** As little of a checkpoint as is needed to be one. */
async function writeDamaged(path: string): Promise<void> {
  await writeAdapter(path);
  const file = await open(path, 'r+');
  await file.write(Buffer.of(0, 0x7e), 0, 2, (await file.stat()).size - 4); // a NaN as half, in the last `up`
  await file.close();
}

async function writeCheckpoint(path: string): Promise<void> {
  const tensors = ['model.diffusion_model.input_blocks.0.0.weight', 'cond_stage_model.transformer.x.weight'];
  const header = Object.fromEntries(
    tensors.map((name, k) => [name, { dtype: 'F32', shape: [1], data_offsets: [4 * k, 4 * k + 4] }]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([length, text, Buffer.alloc(8)]));
}
