import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
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
 * Run a program that talks to the person itself, until it ends. Ctrl-C and a polite kill are passed on; what has
 * not ended five seconds later is killed.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ProgramOptions} [options]
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it, as shells have it
 */
export function runInFront(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: 'inherit',
    });
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
    const done = () => {
      for (const signal of signals) process.off(signal, passOn);
    };
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      done();
      const reason = asked ?? signal;
      resolve(reason ? 128 + constants.signals[reason] : (code ?? 1));
    });
  });
}
