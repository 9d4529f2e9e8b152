import { capabilities, type Capabilities } from './contracts/capabilities.js';
import type { Engine } from './contracts/engine.js';
import type { Memory } from './storage/memory.js';

/** A window waits this long for the engine; then the answer of the last session must do. */
const patienceMs = 1500;

/**
 * What the engine can do. Asked once; while a slow engine is still starting (or is down), the answer that the same
 * version gave last time stands in, so that the window opens.
 */
export function rememberedCapabilities(engine: Engine, memory: Memory, version: string): () => Promise<Capabilities> {
  const key = `capabilities of ${version}`;
  let asked: Promise<Capabilities> | null = null;
  const ask = () => {
    asked ??= engine.capabilities().then(
      (answer) => {
        memory.keep(key, answer);
        return answer;
      },
      (error: unknown) => {
        asked = null;
        throw error;
      },
    );
    return asked;
  };
  return async () => {
    const remembered = memory.recall(key, capabilities);
    if (remembered === null) return ask();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Capabilities>((resolve) => (timer = setTimeout(() => resolve(remembered), patienceMs)));
    try {
      return await Promise.race([ask().catch(() => remembered), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
