import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { device, type Device } from '../../app/contracts/capabilities.js';

const remembered = z.object({ version: z.string(), devices: z.array(device) });

/** Where a home keeps it: the window and the command line ask the drivers once between them. */
export const deviceMemoryIn = (home: string): string => join(home, 'devices.json');

/** What a probe found is remembered in a small file for a day, as long as the engine stays the same. */
export async function rememberDevices(
  file: string | null,
  /** Of the engine and the machine's system: a probe of another one says nothing. */
  version: string,
  probe: () => Promise<Device[]>,
): Promise<Device[]> {
  if (file === null) return probe();
  const known = await read(file);
  if (known?.version === version) return known.devices;
  const devices = await probe();
  await mkdir(dirname(file), { recursive: true })
    .then(() => writeFile(file, JSON.stringify({ version, devices } satisfies z.infer<typeof remembered>)))
    .catch(() => undefined); // a disk that is full or read-only: it is asked again next time
  return devices;
}

async function read(file: string): Promise<z.infer<typeof remembered> | null> {
  try {
    // A graphics driver may be installed or go at any time.
    if (Date.now() - (await stat(file)).mtimeMs > rememberedForMs) return null;
    return remembered.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null; // not there yet, or of another version
  }
}

const rememberedForMs = 24 * 60 * 60 * 1000;
