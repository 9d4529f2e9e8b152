/**
 * The window's rows of `inkstone bench`: how soon it can be used, and how long its thread is blocked while a picture is
 * made. Started by the verb with `ELECTRON_OVERRIDE_DIST_PATH` and a display; prints one JSON array of numbers by name.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright';

const root = fileURLToPath(new URL('../../', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'inkstone-bench-window-'));
try {
  /** Milliseconds from the process's start until the prompt takes keys; the driver's own way there included. */
  const interactive = [];
  /** @type {{ window: number, main: number }[]} */
  const blocked = [];
  for (let round = 0; round < 3; round++) {
    const app = await _electron.launch({
      args: [root, '--disable-gpu'],
      cwd: root,
      env: { ...process.env, INKSTONE_HOME: home },
    });
    const window = await app.firstWindow();
    await window.locator('button[type=submit]:enabled').waitFor();
    interactive.push(await app.evaluate(() => Date.now() - (process.getCreationTime() ?? NaN)));

    await window.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red heart');
    await window.waitForTimeout(3000); // what starts beside the window has started
    const gaps = Promise.all([window.evaluate(sampleThread), app.evaluate(sampleThread)]);
    for (let picture = 0; picture < 6; picture++) await window.keyboard.press('Enter');
    const [inWindow, inMain] = await gaps;
    blocked.push({ window: percentile99(inWindow), main: percentile99(inMain) });
    await app.close();
  }
  process.stdout.write(`${JSON.stringify({ interactive, blocked })}\n`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

/**
 * Runs in the window and in main: for 5 s, how much later than asked each 10 ms timer came, in ms.
 * @returns {Promise<number[]>}
 */
function sampleThread() {
  return new Promise((resolve) => {
    /** @type {number[]} */
    const late = [];
    const began = performance.now();
    let last = began;
    const tick = () => {
      const now = performance.now();
      late.push(Math.max(0, now - last - 10));
      last = now;
      if (now - began > 5000) resolve(late);
      else setTimeout(tick, 10);
    };
    setTimeout(tick, 10);
  });
}

/** @param {readonly number[]} values */
function percentile99(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN;
}
