import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readZip, unpackZip } from '../../../../main/set-up/unpack-zip.mjs';

interface Written {
  readonly name: string;
  readonly text: string;
  readonly stored?: boolean;
  readonly mode?: number;
}

/** A zip file written by the letter of APPNOTE.TXT, for the reader to read. */
function zipOf(files: readonly Written[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, text, stored = false, mode = 0o644 } of files) {
    const bytes = Buffer.from(text);
    const packed = stored ? bytes : zlib.deflateRawSync(bytes);
    const sizes = [zlib.crc32(bytes), packed.length, bytes.length];
    const local = Buffer.alloc(30 + name.length);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(stored ? 0 : 8, 8);
    sizes.forEach((size, i) => local.writeUInt32LE(size, 14 + 4 * i));
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const central = Buffer.alloc(46 + name.length);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(stored ? 0 : 8, 10);
    sizes.forEach((size, i) => central.writeUInt32LE(size, 16 + 4 * i));
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE((mode << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    central.write(name, 46);
    locals.push(local, packed);
    centrals.push(central);
    offset += local.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...centrals, end]);
}

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkstone-zip-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

test('stored and deflated entries are read back', () => {
  const zip = zipOf([
    { name: 'a.txt', text: 'as it is', stored: true },
    { name: 'b.txt', text: 'packed '.repeat(100) },
  ]);
  const read = readZip(zip).map((entry) => [entry.name, entry.read().toString()]);
  expect(read).toEqual([
    ['a.txt', 'as it is'],
    ['b.txt', 'packed '.repeat(100)],
  ]);
});

test('a damaged entry is refused by its checksum', () => {
  const zip = zipOf([{ name: 'a.txt', text: 'as it is', stored: true }]);
  zip[30 + 'a.txt'.length] = 0;
  expect(() => readZip(zip)[0]?.read()).toThrow('a.txt is damaged');
});

test('a file cut short is refused', () => {
  const zip = zipOf([{ name: 'a.txt', text: 'as it is' }]);
  expect(() => readZip(zip.subarray(0, -5))).toThrow('cut short');
});

test('only the entries that were given a place are unpacked, with their mode', () => {
  const file = path.join(folder, 'it.zip');
  fs.writeFileSync(
    file,
    zipOf([
      { name: 'in/', text: '' },
      { name: 'in/run', text: 'go', mode: 0o755 },
      { name: 'other', text: '' },
    ]),
  );
  const target = path.join(folder, 'out');
  unpackZip(file, target, (name) => (name.startsWith('in/') ? name.slice(3) : undefined));
  expect(fs.readdirSync(target)).toEqual(['run']);
  expect(fs.statSync(path.join(target, 'run')).mode & 0o777).toBe(0o755);
});

test('an entry that points outside of the folder is refused', () => {
  const file = path.join(folder, 'it.zip');
  fs.writeFileSync(file, zipOf([{ name: '../evil', text: '' }]));
  expect(() => unpackZip(file, path.join(folder, 'out'), (name) => name)).toThrow('points outside');
  expect(fs.existsSync(path.join(folder, 'evil'))).toBe(false);
});
