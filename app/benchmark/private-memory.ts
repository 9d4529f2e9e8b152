import { readFile } from 'node:fs/promises';

/**
 * Bytes of a process that are its own alone and cannot be dropped: private dirty pages. Mapped model files are not
 * among them. Null where the system does not tell (only Linux does).
 */
export async function privateMemory(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kib = /^Private_Dirty:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}
