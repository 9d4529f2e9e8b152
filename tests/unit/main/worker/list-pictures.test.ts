import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listPictures } from '../../../../main/worker/list-pictures.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-listing-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function files(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), name);
  }
}

const names = async (deep = false) => (await listPictures({ folder, deep })).pictures.map(({ name }) => name);

test('pictures come in the order in which people count', async () => {
  files('10.png', '2.png', '1.png', 'a10.png', 'a9.png');
  expect(await names()).toEqual(['1.png', '2.png', '10.png', 'a9.png', 'a10.png']);
});

test('the order of names that count alike does not depend on how the folder gives them', async () => {
  files('1.png', '01.png', '001.png');
  expect(await names()).toEqual(['001.png', '01.png', '1.png']);
});

test('every ending of pytorch-fid is a picture, in any case', async () => {
  files('a.bmp', 'b.JPG', 'c.jpeg', 'd.pgm', 'e.PNG', 'f.ppm', 'g.tif', 'h.TIFF', 'i.webp');
  expect(await names()).toHaveLength(9);
});

test('other files are told by name, hidden ones are not seen', async () => {
  files('1.png', 'captions.txt', 'png', 'film.gif', '.hidden.png', '.DS_Store', 'Thumbs.db', '._1.png');
  const { pictures, skipped } = await listPictures({ folder, deep: false });
  expect(pictures).toEqual([{ path: join(folder, '1.png'), name: '1.png' }]);
  expect(skipped).toEqual(
    ['captions.txt', 'film.gif', 'png'].map((file) => ({ file, reason: 'is no picture by its name' })),
  );
});

describe('folders below', () => {
  beforeEach(() => files('1.png', 'b/2.png', 'b/c/3.jpg', 'b/notes.txt', '.cache/4.png'));

  test('are searched when asked', async () => {
    const { pictures, skipped, below } = await listPictures({ folder, deep: true });
    expect(pictures.map(({ name }) => name)).toEqual(['1.png', 'b/2.png', 'b/c/3.jpg']);
    expect(pictures.at(-1)?.path).toBe(join(folder, 'b', 'c', '3.jpg'));
    expect(skipped).toEqual([{ file: 'b/notes.txt', reason: 'is no picture by its name' }]);
    expect(below).toBe(0);
  });

  test('are counted when not', async () => {
    const { pictures, skipped, below } = await listPictures({ folder, deep: false });
    expect(pictures.map(({ name }) => name)).toEqual(['1.png']);
    expect(skipped).toEqual([]);
    expect(below).toBe(2);
  });
});

describe.skipIf(process.platform === 'win32')('links', () => {
  test('to pictures and folders are followed, a folder once', async () => {
    files('own/1.png', 'other/2.png');
    symlinkSync(folder, join(folder, 'own/up'));
    symlinkSync(join(folder, 'other/2.png'), join(folder, 'own/linked.png'));
    const { pictures } = await listPictures({ folder: join(folder, 'own'), deep: true });
    expect(pictures.map(({ name }) => name)).toEqual(['1.png', 'linked.png', 'up/other/2.png']);
  });

  test('that lead nowhere are told', async () => {
    symlinkSync(join(folder, 'gone.png'), join(folder, 'link.png'));
    const { pictures, skipped } = await listPictures({ folder, deep: false });
    expect({ pictures, skipped }).toEqual({
      pictures: [],
      skipped: [{ file: 'link.png', reason: 'is a link that leads nowhere' }],
    });
  });
});

test('a folder named like a picture is a folder', async () => {
  files('set.png/1.png');
  expect(await listPictures({ folder, deep: false })).toEqual({ pictures: [], skipped: [], below: 1 });
});

// The superuser may read everything.
test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'a folder below that may not be read is told',
  async () => {
    files('1.png', 'locked/2.png');
    chmodSync(join(folder, 'locked'), 0);
    const { pictures, skipped } = await listPictures({ folder, deep: true });
    chmodSync(join(folder, 'locked'), 0o700);
    expect(pictures).toHaveLength(1);
    expect(skipped).toEqual([{ file: 'locked/', reason: 'may not be read: its permissions forbid it' }]);
  },
);

test('a folder that is not there is refused', async () => {
  const gone = join(folder, 'gone');
  await expect(listPictures({ folder: gone, deep: false })).rejects.toMatchObject({
    kind: 'missing-file',
    message: `${gone} is not there.`,
  });
});

test('a file is refused with what to choose instead', async () => {
  files('1.png');
  await expect(listPictures({ folder: join(folder, '1.png'), deep: false })).rejects.toMatchObject({
    kind: 'bad-input',
    message: `${join(folder, '1.png')} is a file: choose the folder that the pictures are in.`,
  });
});
