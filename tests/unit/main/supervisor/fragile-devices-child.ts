import { engineCalls } from '../../../../app/contracts/engine.js';
import { serveCalls } from '../../../../main/supervisor/child-side/serve-calls.js';

/** An engine on a machine whose graphics drivers end the process (cuda) or never answer (webgpu). */
const leftOut = process.argv.find((_, index, all) => all[index - 1] === '--probe-devices-but')?.split(',') ?? [];

serveCalls(
  { devices: engineCalls.devices },
  {
    devices: async (_request, { progress }) => {
      for (const id of ['cuda', 'webgpu'] as const) {
        if (leftOut.includes(id)) continue;
        progress({ id, name: id, available: false, reason: 'It ended the process.', proven: true, slow: false });
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (id === 'cuda') process.abort();
        while (true); // a driver that hangs
      }
      return [{ id: 'cpu' as const, name: 'Processor', available: true, reason: null, proven: true, slow: false }];
    },
  },
);
