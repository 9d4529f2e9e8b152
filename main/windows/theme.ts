import { nativeTheme, type BrowserWindow } from 'electron';
import type { Preferences } from '../../app/contracts/preferences.js';

/** `--bg` and `--text-2` of the window's tokens, as the frame takes them. */
const colours = {
  dark: { background: '#121214', symbols: '#bababe' },
  light: { background: '#ebeced', symbols: '#47484c' },
} as const;

/** Height of the window's own title bar (`--titlebar`). */
export const titleBarHeight = 40;

export function currentColours(): { background: string; symbols: string } {
  return nativeTheme.shouldUseDarkColors ? colours.dark : colours.light;
}

/** The frame, the page's `prefers-color-scheme` and native menus all follow. */
export function useTheme(theme: Preferences['theme']): void {
  nativeTheme.themeSource = theme;
}

/** Repaint the frame whenever the theme changes, by choice or with the system. */
export function followTheme(window: BrowserWindow): void {
  const paint = () => {
    const { background, symbols } = currentColours();
    window.setBackgroundColor(background);
    // macOS draws its own buttons in the right colours.
    if (process.platform !== 'darwin')
      window.setTitleBarOverlay({ color: background, symbolColor: symbols, height: titleBarHeight });
  };
  nativeTheme.on('updated', paint);
  window.once('closed', () => nativeTheme.off('updated', paint));
}
