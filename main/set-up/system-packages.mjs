import fs from 'node:fs';
import path from 'node:path';
import { runProgram } from './run-program.mjs';
import { say, SetUpError } from './say.mjs';

/**
 * What Electron's window needs from a Linux system: the file that shows it is there, and the Debian packages that bring it
 * (Debian 13 and Ubuntu 24.04 renamed some: the newer name first). Everything else comes as their dependencies.
 */
const LIBRARIES = [
  { file: 'libgtk-3.so.0', packages: ['libgtk-3-0t64', 'libgtk-3-0'] },
  { file: 'libnss3.so', packages: ['libnss3'] },
  { file: 'libgbm.so.1', packages: ['libgbm1'] },
  { file: 'libasound.so.2', packages: ['libasound2t64', 'libasound2'] },
];

/**
 * Install what is missing when we may, else name the one command that does.
 * @param {{ virtualDisplay: boolean }} needs
 */
export function installSystemPackages({ virtualDisplay }) {
  if (process.platform !== 'linux') return;
  const missing = missingPackages(virtualDisplay);
  if (missing.length === 0) return;
  if (!findProgram('apt-get')) {
    // Not a Debian: we know the files, not the names of the packages there.
    throw new SetUpError(
      `The window needs ${missing.map(({ file }) => file).join(', ')}: install what your system calls them.`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) {
    const names = missing.map(availableName).join(' ');
    throw new SetUpError(
      `The window needs some system libraries. Run this once, then the same command again:\n  sudo apt-get install -y --no-install-recommends ${names}`,
    );
  }
  say(`Installing system libraries for the window (about 20 s): ${missing.map(({ file }) => file).join(', ')} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-o', 'DPkg::Lock::Timeout=120']; // another apt may be at work
  const updated = runProgram('apt-get', ['update', '-q', ...lock], { env });
  const names = missing.map(availableName);
  const installed = runProgram('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...lock, ...names], {
    env,
  });
  if (!installed.ok) {
    throw new SetUpError(
      `${updated.output}${installed.output}apt-get could not install ${names.join(' ')}; its own words are above.`,
    );
  }
}

/** @param {boolean} virtualDisplay */
function missingPackages(virtualDisplay) {
  const known = runProgram(findProgram('ldconfig') ?? '/sbin/ldconfig', ['-p']);
  // No ldconfig, no knowledge (musl, NixOS): let Electron itself say what it misses.
  const missing = known.ok ? LIBRARIES.filter(({ file }) => !known.output.includes(`${file} `)) : [];
  if (virtualDisplay && !findProgram('Xvfb')) missing.push({ file: 'Xvfb', packages: ['xvfb'] });
  return missing;
}

/**
 * The first of the names that this system's archive has.
 * @param {{ packages: readonly string[] }} wanted
 */
function availableName({ packages }) {
  return packages.find(isAvailable) ?? packages.at(-1) ?? '';
}

/** @param {string} name */
function isAvailable(name) {
  const { output } = runProgram('apt-cache', ['policy', name], { env: { ...process.env, LC_ALL: 'C' } });
  return /Candidate: (?!\(none\))/.test(output);
}

/** @param {string} name */
function findProgram(name) {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
}
