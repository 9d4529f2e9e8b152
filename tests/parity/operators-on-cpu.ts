import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

interface ProfileEvent {
  readonly args?: { readonly provider?: string; readonly op_name?: string };
}

/** What the runtime quietly gave to the CPU, by its own profile: operators' names from the files with this prefix. */
export async function operatorsOnCpu(profile: string): Promise<string[]> {
  const folder = path.dirname(profile);
  const files = (await readdir(folder)).filter((file) => file.startsWith(path.basename(profile)));
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  const placed = texts
    .flatMap((text) => JSON.parse(text) as ProfileEvent[])
    .filter(({ args }) => args?.provider !== undefined);
  if (placed.length === 0) throw new Error(`${profile} tells of no node`);
  const onCpu = placed.filter(({ args }) => args?.provider === 'CPUExecutionProvider');
  return [...new Set(onCpu.map(({ args }) => args?.op_name ?? ''))];
}
