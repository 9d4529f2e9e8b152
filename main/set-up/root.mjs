import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. Everything in main/set-up names files from here, whatever folder the person stands in. */
export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/**
 * A path under the root, written with forward slashes.
 * @param {string} name
 */
export function fromRoot(name) {
  return path.join(root, name);
}
