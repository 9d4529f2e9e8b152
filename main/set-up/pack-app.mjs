import fs from 'node:fs';
import path from 'node:path';
import { fromRoot } from './root.mjs';
import { runUntilItEnds, toolScript } from './run-program.mjs';
import { SetUpError } from './say.mjs';

/**
 * Run electron-builder (electron-builder.yml) with the Electron that is already here, so that it downloads nothing.
 * The studio must have been built.
 * @param {import('./find-electron.mjs').Electron} electron
 * @param {readonly string[]} targets as electron-builder's command line has them; `--dir` is the unpacked app alone
 */
export async function runElectronBuilder(electron, targets) {
  const settings = [`-c.electronVersion=${electron.version}`, `-c.electronDist=${electron.folder}`];
  const builder = toolScript('electron-builder');
  const args = [builder, ...targets, '--publish=never', ...settings];
  const { code, output } = await runUntilItEnds(process.execPath, args, { collect: true });
  if (code !== 0) throw new SetUpError(`${output}The app could not be packed; electron-builder's own words are above.`);
}

/**
 * The unpacked app for this system.
 * @param {import('./find-electron.mjs').Electron} electron
 * @returns {Promise<string>} its folder
 */
export async function packUnpackedApp(electron) {
  fs.rmSync(fromRoot('out'), { recursive: true, force: true });
  await runElectronBuilder(electron, ['--dir']);
  // `linux-unpacked`, `linux-arm64-unpacked`, `win-unpacked`; on macOS `mac` or `mac-arm64`.
  const made = fs.readdirSync(fromRoot('out')).find((name) => /unpacked$|^mac/.test(name));
  if (!made) throw new SetUpError('electron-builder ended well but made no unpacked app in out/.');
  return path.join(fromRoot('out'), made);
}
