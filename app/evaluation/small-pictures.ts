import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Worker } from '../contracts/worker.js';
import { fileIdentity } from '../storage/file-identity.js';

/** Files that are decoded at the same time: a result asks for all of its pictures at once. */
const mostAtOnce = 3;

/** WebP copies of any pictures, made in the worker when they are first asked for. */
export class SmallPictures {
  readonly #worker: Pick<Worker, 'makeThumbnail'>;
  readonly #side: number;
  readonly #making = new Map<string, Promise<string | null>>();
  readonly #waiting: (() => void)[] = [];
  #atWork = 0;

  /** `side`: their longer side at most, pixels. */
  constructor(worker: Pick<Worker, 'makeThumbnail'>, side: number) {
    this.#worker = worker;
    this.#side = side;
  }

  /** `out` when it is there or could be made from `path`; null for one that cannot be read. */
  async file(path: string, out: string): Promise<string | null> {
    if (await fileIdentity(out)) return out;
    const making = this.#making.get(out) ?? this.#make(path, out).finally(() => this.#making.delete(out));
    this.#making.set(out, making);
    return making;
  }

  async #make(path: string, out: string): Promise<string | null> {
    if (this.#atWork >= mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#atWork += 1;
    try {
      await mkdir(dirname(out), { recursive: true });
      await this.#worker.makeThumbnail({ path, out, side: this.#side });
      return out;
    } catch {
      return null; // gone or broken since: there is nothing to show
    } finally {
      this.#atWork -= 1;
      this.#waiting.shift()?.();
    }
  }
}
