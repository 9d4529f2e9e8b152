import { SetUpError } from './say.mjs';

/** Node 20.15 is the first with `zlib.crc32`; the tools and the studio run from there on. */
const LEAST = [20, 15];

/**
 * @param {string} [version] of the running Node, as `20.15.1`
 */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new SetUpError(
    `Inkstone Studio needs Node ${LEAST.join('.')} or newer, and this is Node ${version}: ` +
      'install a current one from https://nodejs.org and run the same command again.',
  );
}
