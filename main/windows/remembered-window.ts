import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** How the window was left; read before there is a database, so that the window can open at once and in its colours. */
const remembered = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Null lets the system choose. */
  position: z.object({ x: z.number().int(), y: z.number().int() }).nullable(),
  maximized: z.boolean(),
  theme: z.enum(['system', 'dark', 'light']),
});
export type RememberedWindow = z.infer<typeof remembered>;

const firstTime: RememberedWindow = { width: 1440, height: 900, position: null, maximized: false, theme: 'system' };

export function readRememberedWindow(file: string): RememberedWindow {
  try {
    return remembered.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return firstTime; // the first start, or a file of another version: not worth a word
  }
}

/** Small and synchronous: also written while the studio is leaving. */
export function writeRememberedWindow(file: string, window: RememberedWindow): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(window));
  } catch {
    // A full or read-only disk: the window opens at its first size next time.
  }
}
