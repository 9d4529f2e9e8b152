import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { say, SetUpError } from './say.mjs';

/** Whether a window could not be shown here: Linux with neither X11 nor Wayland, or a DISPLAY that nobody serves. */
export function needsVirtualDisplay() {
  if (process.platform !== 'linux' || process.env['WAYLAND_DISPLAY']) return false;
  const display = process.env['DISPLAY'];
  if (!display) return true;
  const local = /^(?:unix)?:(\d+)/.exec(display)?.[1];
  if (local === undefined || fs.existsSync(`/tmp/.X11-unix/X${local}`)) return false;
  say(`DISPLAY is ${display}, and there is no such screen.`);
  return true;
}

/**
 * Start Xvfb on a free display number, which it picks and writes to file descriptor 3 itself.
 * @returns {Promise<{ display: string, stop: () => void }>} `display` as `:1`
 */
export function startVirtualDisplay() {
  return new Promise((resolve, reject) => {
    // In a process group of its own: Ctrl-C in the terminal must reach the window before its screen is gone.
    const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const stop = () => void server.kill();
    process.once('exit', stop);
    server.once('error', (error) =>
      reject(new SetUpError(`The virtual screen could not be started: ${error.message}`)),
    );
    server.once('exit', (code) =>
      reject(new SetUpError(`The virtual screen (Xvfb) ended at once, with code ${code}.`)),
    );
    // The number comes in two writes, digits and line end; closing the pipe between them would kill the server.
    const pipe = /** @type {import('node:net').Socket} */ (server.stdio[3]);
    let written = '';
    pipe.setEncoding('utf8').on('data', (text) => {
      written += text;
      if (!written.endsWith('\n')) return;
      pipe.destroy();
      server.unref();
      resolve({ display: `:${written.trim()}`, stop });
    });
  });
}
