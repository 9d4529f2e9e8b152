import { arch, cpus, platform, release, totalmem } from 'node:os';

/** What the figures were measured on: machines differ, ratios travel better. */
export function machine(): { processor: string; cores: number; memoryBytes: number; system: string; node: string } {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()} ${release()}`,
    node: process.versions.node,
  };
}
