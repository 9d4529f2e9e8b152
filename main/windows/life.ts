import { setTimeout as sleep } from 'node:timers/promises';
import { app } from 'electron';

/** What goes wrong outside anyone's call is written down; it does not take the studio with it. */
export function logTroubles(log: (line: string) => void): void {
  process.on('uncaughtException', (error) => log(`uncaught: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', (reason) =>
    log(`unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`),
  );
  app.on('child-process-gone', (_event, { type, name, reason, exitCode }) => {
    if (reason !== 'clean-exit') log(`process gone: ${type} ${name ?? ''} ${reason} (${exitCode})`);
  });
}

/** With the last window the studio leaves: these steps in order, all of them within a few seconds. */
export function leaveInOrder(log: (line: string) => void, steps: readonly (() => Promise<void> | void)[]): void {
  let leaving = false;
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (leaving) return;
    leaving = true;
    const leave = async () => {
      for (const step of steps) {
        await Promise.resolve()
          .then(step)
          .catch((error: unknown) => log(`while leaving: ${String(error)}`));
      }
    };
    void Promise.race([leave(), sleep(patienceMs)]).finally(() => app.exit(0));
  });
}

/** A running step is waited for this long; its checkpoint of the step before is on disk in any case. */
const patienceMs = 8_000;
