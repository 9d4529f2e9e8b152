import { constants } from 'node:os';
import { utilityProcess } from 'electron';
import type { ChildHost } from './child-host.js';

/** Electron's own kind of child: for the window. This file alone knows of it. */
export const utilityProcessHost: ChildHost = (command, listener) => {
  const child = utilityProcess.fork(command.entry, [...command.args], { serviceName: command.title, stdio: 'pipe' });
  let heapExhausted = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => listener.output(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => listener.output(text));
  child.once('spawn', () => {
    if (child.pid !== undefined) listener.made(child.pid);
  });
  child.on('message', (message) => listener.message(message));
  child.on('error', (_type, location) => {
    if (/heap|allocat|memory/i.test(location)) heapExhausted = true;
  });
  child.once('exit', (status) => {
    const signal = signalOf(status);
    listener.end({ code: signal === null ? status : null, signal, heapExhausted, launchError: null });
  });
  return {
    get pid() {
      return child.pid ?? null;
    },
    post: (message) => child.postMessage(message),
    kill: () => {
      if (child.pid === undefined) child.kill();
      else killNow(child.pid);
    },
  };
};

/** `child.kill()` is SIGTERM, which a child inside a long native call only obeys when that call returns. */
function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime; that end is on its way.
  }
}

/** Electron passes on the wait status of POSIX: 9 after SIGKILL, 6 or 134 (with a core file) after SIGABRT. */
function signalOf(status: number): string | null {
  if (process.platform === 'win32') return null;
  const number = status >= 128 && status < 160 ? status - 128 : status;
  return fatalSignals.find((name) => constants.signals[name] === number) ?? null;
}

const fatalSignals = ['SIGKILL', 'SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGTERM'] as const;
