import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { oneAtATime } from './one-at-a-time.mjs';
import { fromRoot } from './root.mjs';
import { runNpm } from './run-program.mjs';
import { say, SetUpError } from './say.mjs';

/** Holds the hash of the package-lock.json that node_modules was last seen to agree with. `npm ci` wipes it: good. */
const STAMP = 'node_modules/.inkstone-lock-hash';

/** `npm ci` when node_modules is missing or no longer what package-lock.json says. Else about 2 ms. */
export async function installPackages() {
  if (packagesAreCurrent()) return;
  await oneAtATime(fromRoot('dist/.installing'), () => {
    if (packagesAreCurrent()) return; // another command installed them while we waited
    say('Installing the packages (about 20 s) ...');
    // No package here needs its install script: the natives are prebuilt, and Electron comes by find-electron.mjs.
    const { ok, output } = runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
    if (!ok) {
      throw new SetUpError(
        `${output}The packages could not be installed; npm's own words are above. Is the network there?`,
      );
    }
    writeStamp(lockHash());
  });
}

function packagesAreCurrent() {
  const hash = lockHash();
  try {
    if (fs.readFileSync(fromRoot(STAMP), 'utf8') === hash) return true;
    // Someone may have run npm by hand: what npm noted in node_modules is then as good as our stamp.
    const wanted = JSON.parse(fs.readFileSync(fromRoot('package-lock.json'), 'utf8'));
    const installed = JSON.parse(fs.readFileSync(fromRoot('node_modules/.package-lock.json'), 'utf8'));
    if (!installedAsLocked(wanted.packages, installed.packages)) return false;
    writeStamp(hash);
    return true;
  } catch {
    return false;
  }
}

/**
 * @typedef {Record<string, { version?: string, optional?: boolean, peer?: boolean }>} LockedPackages
 *   by place, as `node_modules/react`; the root itself is `''`
 */

/**
 * Whether everything that a lock file asks for is installed in that version. Optional packages may be absent (they are
 * for other platforms), but not in another version.
 * Packages beyond the lock file do no harm.
 * @param {LockedPackages} wanted
 * @param {LockedPackages} installed
 */
export function installedAsLocked(wanted, installed) {
  const places = Object.keys(wanted).filter((place) => place !== '');
  return places.every((place) => {
    const found = installed[place];
    return found ? found.version === wanted[place]?.version : wanted[place]?.optional || wanted[place]?.peer;
  });
}

function lockHash() {
  return createHash('sha256')
    .update(fs.readFileSync(fromRoot('package-lock.json')))
    .digest('hex');
}

/** @param {string} hash */
function writeStamp(hash) {
  fs.writeFileSync(fromRoot(STAMP), hash);
}
