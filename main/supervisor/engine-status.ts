import { freemem, totalmem } from 'node:os';
import type { Device } from '../../app/contracts/capabilities.js';
import type { EngineStatus } from '../../app/contracts/window.js';
import type { ChildState, SupervisedChild } from './supervised-child.js';

export interface EngineStatusWatch {
  /** The status at this moment. */
  now(): EngineStatus;
  stop(): void;
}

/**
 * The engine as the window's status bar shows it: told at every change of state, and every few seconds for memory.
 * `device` gives the one in use; null until the probe has answered.
 */
export function watchEngineStatus(
  child: SupervisedChild,
  device: () => Device | null,
  tell: (status: EngineStatus) => void,
): EngineStatusWatch {
  const now = (): EngineStatus => {
    const { state, residentBytes } = child.status();
    return {
      state: shownState[state],
      device: device(),
      memory: { engine: residentBytes, free: freemem(), total: totalmem() },
    };
  };
  let told = '';
  const tellIfNew = () => {
    const status = now();
    const key = `${status.state} ${status.device?.id ?? ''} ${Math.round(status.memory.engine / megabyte)}`;
    if (key === told) return;
    told = key;
    tell(status);
  };
  const forget = child.onStatus(tellIfNew);
  const poll = setInterval(() => tell(now()), pollMs);
  poll.unref();
  return {
    now,
    stop: () => {
      forget();
      clearInterval(poll);
    },
  };
}

/** The window does not tell a child that waits for its first call from one that is ready to take it. */
const shownState: Readonly<Record<ChildState, EngineStatus['state']>> = {
  idle: 'ready',
  starting: 'starting',
  ready: 'ready',
  busy: 'busy',
  restarting: 'restarting',
  failed: 'failed',
  closed: 'failed',
};

const pollMs = 5_000;
const megabyte = 2 ** 20;
