import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { median, row, type BenchRow } from '../../app/benchmark/row.js';

/** Drives the real window; part of a checkout, not of the packed app. */
const driver = fileURLToPath(new URL('../../tests/peers/window.mjs', import.meta.url));

const measured = z.object({
  /** Milliseconds, one a start. */
  interactive: z.array(z.number()),
  /** Milliseconds that 99 of 100 samples stay below, one a start. */
  blocked: z.array(z.object({ window: z.number(), main: z.number() })),
});

/** Null where there is no Electron at hand that may be started: `npm run bench` sets one up. */
export async function windowRows(): Promise<BenchRow[] | null> {
  if (process.env['ELECTRON_OVERRIDE_DIST_PATH'] === undefined || !existsSync(driver)) return null;
  const { stdout } = await promisify(execFile)(process.execPath, [driver]);
  const { interactive, blocked } = measured.parse(JSON.parse(stdout));
  const share = '99 of 100 samples while generating';
  return [
    row('window interactive, from the start of the app', median(interactive) / 1000, 's', 'under 2 s'),
    row(`window's thread blocked, ${share}`, median(blocked.map(({ window }) => window)), 'ms', 'at most 50 ms'),
    row(`main's thread blocked, ${share}`, median(blocked.map(({ main }) => main)), 'ms', 'at most 50 ms'),
  ];
}
