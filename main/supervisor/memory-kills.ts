import { readFileSync } from 'node:fs';

/**
 * How many processes Linux has killed for want of memory, on the machine and in our control group. A count that grew
 * while a child ran tells a child that ran out of memory from one that somebody killed. 0 where it cannot be known.
 */
export function countMemoryKills(): number {
  return oomKills('/proc/vmstat') + oomKills('/sys/fs/cgroup/memory.events');
}

function oomKills(file: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
