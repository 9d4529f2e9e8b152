import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A plain text log: one line an event, with its time. When it has grown to its limit it becomes `NAME.1` in place of
 * the one before, so that there are never more than two. What cannot be written is lost: a log stops nobody's work.
 */
export class LogFile {
  readonly #path: string;
  readonly #limitBytes: number;
  /** Bytes in the file; null before the first look. */
  #bytes: number | null = null;
  #written: Promise<void> = Promise.resolve();

  constructor(path: string, limitBytes = 1 << 20) {
    this.#path = path;
    this.#limitBytes = limitBytes;
  }

  write(line: string): void {
    const text = `${new Date().toISOString()} ${line}\n`;
    this.#written = this.#written.then(() => this.#append(text)).catch(() => undefined);
  }

  /** Resolves when everything so far is in the file. */
  flush(): Promise<void> {
    return this.#written;
  }

  async #append(text: string): Promise<void> {
    if (this.#bytes === null) {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#bytes = await stat(this.#path).then(
        ({ size }) => size,
        () => 0,
      );
    }
    if (this.#bytes > this.#limitBytes) {
      await rename(this.#path, `${this.#path}.1`);
      this.#bytes = 0;
    }
    await appendFile(this.#path, text);
    this.#bytes += Buffer.byteLength(text);
  }
}
