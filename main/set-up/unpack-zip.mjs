import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

/**
 * A reader of plain zip files (stored or deflated, under 4 GiB, no encryption): enough for Electron's own archives, so that
 * no `unzip` program is needed. Format: APPNOTE.TXT 6.3, sections 4.3.7 (local header), 4.3.12 (central directory),
 * 4.3.16 (end of central directory).
 *
 * @typedef {object} ZipEntry
 * @property {string} name with forward slashes; a folder's ends in one
 * @property {number} mode Unix file mode with type bits, 0 when the archive has none
 * @property {() => Buffer} read the expanded bytes, checked against the entry's CRC-32
 */

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/**
 * @param {Buffer} zip
 * @returns {ZipEntry[]}
 */
export function readZip(zip) {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== END) end--;
  if (end < 0) throw new Error('not a zip file, or cut short: no end of central directory');

  const entries = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt32LE(at) !== CENTRAL) throw new Error(`broken zip file: no central entry at byte ${at}`);
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const start = at;
    entries.push({ name, mode: zip.readUInt32LE(at + 38) >>> 16, read: () => expand(zip, start, name) });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

/**
 * @param {Buffer} zip
 * @param {number} central where the entry's central header starts
 * @param {string} name
 */
function expand(zip, central, name) {
  const method = zip.readUInt16LE(central + 10);
  const size = zip.readUInt32LE(central + 20);
  const local = zip.readUInt32LE(central + 42);
  if (zip.readUInt32LE(local) !== LOCAL) throw new Error(`broken zip file: no local entry of ${name}`);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + size);
  if (method !== 0 && method !== 8) throw new Error(`${name} is packed by method ${method}; only 0 and 8 can be read`);
  const bytes = method === 0 ? packed : zlib.inflateRawSync(packed);
  if (zlib.crc32(bytes) !== zip.readUInt32LE(central + 16)) throw new Error(`${name} is damaged: wrong CRC-32`);
  return bytes;
}

/**
 * Unpack the entries for which `place` gives a name (relative to `folder`).
 * @param {string} zipFile
 * @param {string} folder
 * @param {(name: string) => string | undefined} place
 */
export function unpackZip(zipFile, folder, place) {
  for (const entry of readZip(fs.readFileSync(zipFile))) {
    if (entry.name.endsWith('/')) continue; // folders come with their files
    const name = place(entry.name);
    if (name === undefined) continue;
    const target = path.join(folder, name);
    if (!target.startsWith(folder + path.sep)) throw new Error(`${entry.name} points outside of ${folder}`);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, entry.read(), { mode: entry.mode & 0o777 || 0o644 });
  }
}
