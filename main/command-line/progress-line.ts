/**
 * What a verb says while it works, on standard error so that standard output stays clean.
 * On a terminal a line replaces the one before it; in a log each is a line of its own.
 */
export class ProgressLine {
  private shown = false;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  /** A passing state ("Step 12 of 25 · 4 s left"); skipped where lines cannot be replaced. */
  show(text: string): void {
    if (!this.stream.isTTY) return;
    this.stream.write(`\r\u001b[2K${text}`);
    this.shown = true;
  }

  /** A sentence that stays. */
  say(text: string): void {
    this.clear();
    this.stream.write(`${text}\n`);
  }

  clear(): void {
    if (this.shown) this.stream.write('\r\u001b[2K');
    this.shown = false;
  }
}
