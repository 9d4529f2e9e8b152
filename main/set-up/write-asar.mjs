/**
 * Electron's archive format, as @electron/asar writes it: a pickle holding the header's size, a pickle holding the header (JSON),
 * then the files' bytes one after another.
 *
 * @param {Readonly<Record<string, string>>} files text by name, no folders
 * @returns {Buffer}
 */
export function writeAsar(files) {
  const bodies = Object.entries(files).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
  /** @type {Record<string, { size: number, offset: string }>} */
  const listed = {};
  let offset = 0;
  for (const { name, bytes } of bodies) {
    listed[name] = { size: bytes.length, offset: String(offset) };
    offset += bytes.length;
  }
  const json = Buffer.from(JSON.stringify({ files: listed }));
  const padded = Math.ceil(json.length / 4) * 4; // pickles are aligned to 4 bytes
  const head = Buffer.alloc(16 + padded);
  [4, 8 + padded, 4 + padded, json.length].forEach((value, i) => head.writeUInt32LE(value, 4 * i));
  json.copy(head, 16);
  return Buffer.concat([head, ...bodies.map(({ bytes }) => bytes)]);
}
