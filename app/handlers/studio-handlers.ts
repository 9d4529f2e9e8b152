import { z } from 'zod';
import { device } from '../contracts/capabilities.js';
import { StudioError } from '../contracts/studio-error.js';
import type { HandlersOf, StudioParts } from './handler.js';

export function studioHandlers(parts: StudioParts): HandlersOf<'studio'> {
  const { home, version, platform, events, library, preferences, queue, engine, memory, desktop } = parts;
  let probe: Promise<z.infer<typeof device>[]> | null = null;

  /** The probe takes a throw-away process: once a session, and remembered for the next one's first answer. */
  const devices = () => {
    const key = `devices of ${version} on ${platform}`;
    probe ??= engine.devices().then((found) => {
      memory.keep(key, found);
      return found;
    });
    probe.catch(() => {
      probe = null;
    });
    const remembered = memory.recall(key, z.array(device));
    return remembered === null ? probe : Promise.resolve(remembered);
  };

  return {
    async 'studio.hello'() {
      const reply = {
        version,
        platform,
        home: home.root,
        capabilities: await parts.capabilities(),
        models: await library.list(),
        preferences: preferences.load(),
        queue: queue.queue(),
        engine: parts.engineStatus(),
      };
      // After the reply: a window that is still saying hello shows nothing.
      setTimeout(() => events.releaseNotices(), 50);
      return reply;
    },
    'studio.devices': devices,
    async 'studio.open-link'({ url }) {
      if (!/^https?:\/\//i.test(url)) {
        throw new StudioError('bad-input', `Only web addresses can be opened, and ${url} is none.`);
      }
      await desktop.openLink(url);
      return {};
    },
  };
}
