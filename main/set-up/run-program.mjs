import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { root } from './root.mjs';

/**
 * @typedef {object} ProgramOptions
 * @property {NodeJS.ProcessEnv} [env] the whole environment; without it, this process's own
 * @property {string} [cwd] without it, the root
 * @property {number} [limitMs] killed after this long
 */

/**
 * Run a program to its end, quietly, and hand back what it said (stdout and stderr together, at most 64 MB).
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ProgramOptions} [options]
 * @returns {{ ok: boolean, output: string }}
 */
export function runProgram(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: options.cwd ?? root,
    env: options.env ?? process.env,
    timeout: options.limitMs,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && program.endsWith('.cmd'),
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`;
  return { ok: result.status === 0, output };
}

/**
 * Run the npm that started us, or the one on the path.
 * @param {readonly string[]} args
 * @param {ProgramOptions} [options]
 */
export function runNpm(args, options = {}) {
  const script = process.env['npm_execpath'];
  // npx names itself here as well, beside npm-cli.js in the same folder.
  const npm = script?.replace(/npx-cli\.js$/, 'npm-cli.js');
  if (npm?.endsWith('npm-cli.js')) return runProgram(process.execPath, [npm, ...args], options);
  return runProgram(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

/**
 * Run a long-lived program until it ends, talking to the person itself or with its words collected. Ctrl-C and a polite
 * kill are passed on; what has not ended five seconds later is killed.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ProgramOptions & { collect?: boolean }} [options]
 * @returns {Promise<{ code: number, stopped: boolean, output: string }>} the exit code (128 + the signal's number when a
 *   signal ended it, as shells have it), whether we were asked to stop, and what was collected
 */
export function runUntilItEnds(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: options.collect ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    /** @type {NodeJS.Signals | undefined} */
    let asked;
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => {
      if (asked === undefined) setTimeout(() => child.kill('SIGKILL'), 5000).unref();
      asked = signal;
      child.kill('SIGTERM');
    };
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    // `npm start` killed kills the shell between npm and us without a word to us: then our parent is another one.
    const parent = process.ppid;
    const orphanWatch = setInterval(() => {
      if (process.env['npm_lifecycle_event'] && process.ppid !== parent) passOn('SIGHUP');
    }, 500);
    const done = () => {
      clearInterval(orphanWatch);
      for (const signal of signals) process.off(signal, passOn);
    };
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code, signal) => {
      done();
      const reason = asked ?? signal;
      resolve({ code: reason ? 128 + constants.signals[reason] : (code ?? 1), stopped: asked !== undefined, output });
    });
  });
}

/**
 * The script behind a development tool's program, to be run with this Node (npm's own shims differ between systems).
 * @param {string} name of the package
 * @param {string} [program] where it is not called like the package
 */
export function toolScript(name, program = name) {
  const folder = path.join(root, 'node_modules', name);
  const { bin } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(folder, typeof bin === 'string' ? bin : bin[program]);
}
