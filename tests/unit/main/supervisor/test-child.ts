import { StudioError } from '../../../../app/contracts/studio-error.js';
import { serveCalls } from '../../../../main/supervisor/child-side/serve-calls.js';
import { testCalls } from './test-calls.js';

/** A child for the supervisor's tests. Started with `never-ready` it hangs before it listens, with `dies` it ends. */
const mode = process.argv[2];
if (mode === 'dies') process.exit(3);
if (mode === 'never-ready') setInterval(() => undefined, 1000);
else {
  serveCalls(testCalls, {
    echo: async ({ text }) => text,
    bytes: async ({ bytes }) => bytes.map((byte) => byte + 1),
    count: async ({ to }, { progress }) => {
      for (let n = 1; n <= to; n++) progress(n);
      return to;
    },
    wait: (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new StudioError('cancelled', 'Stopped.')));
      }),
    block: async ({ ms }) => {
      const until = Date.now() + ms;
      while (Date.now() < until);
      return {};
    },
    refuse: async () => {
      throw new StudioError('bad-file', 'model.safetensors is cut short.', { file: '/models/model.safetensors' });
    },
    fail: async () => {
      throw new TypeError('undefined is not a function');
    },
    lie: async () => 'text instead of a number' as unknown as number,
    die: async ({ how }) => {
      if (how === 'exit') process.exit(7);
      if (how === 'abort') process.abort();
      setImmediate(() => {
        throw new Error('nobody caught this');
      });
      return new Promise(() => undefined);
    },
  });
}
