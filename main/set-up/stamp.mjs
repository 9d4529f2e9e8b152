import fs from 'node:fs';
import path from 'node:path';

/**
 * A stamp remembers which files went into a build, each with its size and time, so that the next call can tell in a few
 * milliseconds whether anything changed. Sizes and times, not hashes: reading is what would cost.
 *
 * @typedef {Record<string, string>} Stamp by file, relative to `folder`
 */

/**
 * @param {string} stampFile
 * @param {string} folder
 */
export function isUpToDate(stampFile, folder) {
  /** @type {Stamp} */
  let stamp;
  try {
    stamp = JSON.parse(fs.readFileSync(stampFile, 'utf8'));
  } catch {
    return false; // never built, or broken off while writing
  }
  return Object.entries(stamp).every(([file, state]) => stateOf(path.join(folder, file)) === state);
}

/**
 * The stamp of files as they are now. Taken before a build: what changes while it runs must count as changed.
 * @param {string} folder
 * @param {readonly string[]} files relative to `folder`
 * @returns {Stamp}
 */
export function takeStamp(folder, files) {
  return Object.fromEntries(files.map((file) => [file, stateOf(path.join(folder, file))]));
}

/**
 * Every file and folder below the named ones, relative to `folder`. Folders too: their times tell of new files.
 * @param {string} folder
 * @param {readonly string[]} names of files or folders
 * @returns {string[]}
 */
export function allBelow(folder, names) {
  return names.flatMap((name) => {
    const found = fs.statSync(path.join(folder, name), { throwIfNoEntry: false });
    if (!found?.isDirectory()) return [name];
    const inside = fs.readdirSync(path.join(folder, name)).map((inner) => `${name}/${inner}`);
    return [name, ...allBelow(folder, inside)];
  });
}

/** @param {string} file */
function stateOf(file) {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (!found) return 'absent';
  return found.isDirectory() ? `folder ${found.mtimeMs}` : `${found.size} ${found.mtimeMs}`;
}
