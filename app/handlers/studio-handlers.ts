import { z } from 'zod';
import { device, type Device } from '../contracts/capabilities.js';
import { StudioError } from '../contracts/studio-error.js';
import type { HandlersOf, StudioParts } from './handler.js';

/** By then the window stands, and its first picture as a rule too. */
const probeAfterMs = 20_000;

export function studioHandlers(parts: StudioParts): HandlersOf<'studio'> {
  const { home, version, platform, events, library, preferences, queue, engine, memory, desktop } = parts;
  const devicesKey = `devices of ${version} on ${platform}`;
  let probe: Promise<Device[]> | null = null;
  let probeLater: NodeJS.Timeout | null = null;

  const probeDevices = (): Promise<Device[]> => {
    probe ??= engine.devices().then(
      (found) => {
        memory.keep(devicesKey, found);
        return found;
      },
      (error: unknown) => {
        probe = null;
        throw error;
      },
    );
    return probe;
  };

  /** The probe takes a throw-away process: while the window opens, the last session's answer must do. */
  const devices = async (): Promise<Device[]> => {
    const remembered = memory.recall(devicesKey, z.array(device));
    if (remembered === null) return probeDevices();
    probeLater ??= setTimeout(() => void probeDevices().catch(() => undefined), probeAfterMs).unref();
    return remembered;
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
