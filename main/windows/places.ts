import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homeAt, resolveHome, type Home } from '../../app/storage/home.js';

/** A file of the built tree, given from dist/main/, where the bundled main.js lies. */
const built = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const places = {
  preload: built('./preload.cjs'),
  engine: built('./engine.js'),
  worker: built('./worker.js'),
  renderer: built('../renderer'),
  icon: built('../../main/windows/icon.png'),
  /** Weights are mapped by native code, which cannot look into an archive: there they lie beside it. */
  embeddedModels: built('../../native-models/embedded').replace(/app\.asar(?=[/\\])/, 'app.asar.unpacked'),
};

/** The home of this start, with the folder that Electron keeps its own things in. */
export function openHome(argv: readonly string[]): Home {
  const wish = { flag: homeFlag(argv), env: process.env, platform: process.platform, userHome: homedir() };
  const home = homeAt(resolveHome(wish));
  mkdirSync(home.electron, { recursive: true });
  return home;
}

/** `--home DIR` or `--home=DIR`; Electron's own arguments stand around it. */
export function homeFlag(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((argument) => argument === '--home' || argument.startsWith('--home='));
  const argument = argv[at];
  if (argument === undefined) return undefined;
  return argument === '--home' ? argv[at + 1] : argument.slice('--home='.length);
}

export const logFile = (home: Home): string => join(home.logs, 'studio.log');
export const windowMemory = (home: Home): string => join(home.electron, 'window.json');
export const dragIcons = (home: Home): string => join(home.electron, 'drag-icons');
