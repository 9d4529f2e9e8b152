import { fork } from 'node:child_process';
import type { ChildHost } from './child-host.js';

/**
 * A plain Node child: for the command line and for tests. Its messages are structured clones ('advanced'), so typed
 * arrays arrive as typed arrays. It ends itself when this process goes away (its channel closes).
 */
export const forkHost: ChildHost = (command, listener) => {
  const child = fork(command.entry, [...command.args], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Debugger and test-runner flags of this process are not the child's.
    execArgv: [],
  });
  let ended = false;
  let launchError: string | null = null;
  const end = (code: number | null, signal: string | null) => {
    if (ended) return;
    ended = true;
    listener.end({ code, signal, heapExhausted: false, launchError });
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => listener.output(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => listener.output(text));
  child.once('spawn', () => {
    if (child.pid !== undefined) listener.made(child.pid);
  });
  child.on('message', (message) => listener.message(message));
  child.on('error', (error) => {
    // Also raised for a message that could not be sent to a child that is going: its end follows.
    if (child.pid !== undefined) return;
    launchError = error.message;
    end(null, null);
  });
  // 'close' comes after the last output, 'exit' may come before it: last words are worth that wait, but not for ever.
  child.on('close', end);
  child.on('exit', (code, signal) => setTimeout(end, lastWordsMs, code, signal));
  return {
    get pid() {
      return child.pid ?? null;
    },
    post: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};

const lastWordsMs = 250;
