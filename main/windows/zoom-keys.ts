import type { WebContents } from 'electron';

/** Ctrl (Cmd) with plus, minus and 0: larger and smaller text, as in every browser. */
export function listenForZoomKeys(contents: WebContents): void {
  contents.on('before-input-event', (event, { type, key, control, meta, alt }) => {
    if (type !== 'keyDown' || alt || !(process.platform === 'darwin' ? meta : control)) return;
    const level = zoomLevel(key, contents.zoomLevel);
    if (level === null) return;
    event.preventDefault();
    contents.zoomLevel = level;
  });
}

/** Level 0 is 100 %, a step is a factor of 1.2; from 50 % to 250 %. */
function zoomLevel(key: string, now: number): number | null {
  switch (key) {
    case '+':
    case '=':
      return Math.min(now + 0.5, 5);
    case '-':
      return Math.max(now - 0.5, -4);
    case '0':
      return 0;
    default:
      return null;
  }
}
