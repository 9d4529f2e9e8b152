import { BrowserWindow, dialog, screen, type WebContents } from 'electron';
import { appAddress } from '../files-protocol/scheme.js';
import { offerEditMenu } from './menus.js';
import { readRememberedWindow, writeRememberedWindow, type RememberedWindow } from './remembered-window.js';
import { currentColours, followTheme, titleBarHeight, useTheme } from './theme.js';
import { listenForZoomKeys } from './zoom-keys.js';
import type { Preferences } from '../../app/contracts/preferences.js';

interface MainWindowOptions {
  /** Absolute path of the built preload. */
  readonly preload: string;
  /** Absolute path of the window's icon, PNG. */
  readonly icon: string;
  /** Called when the window is first seen: the time for what may wait until then. */
  readonly onFirstShown: () => void;
  /** Where size, place and theme are remembered. */
  readonly memory: string;
  readonly developerTools: boolean;
  readonly log: (line: string) => void;
}

/** The studio's one window. When its page crashes, it is made anew: everything that lasts is kept by main. */
export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: BrowserWindow | null = null;
  #wasShown = false;
  #remembered: RememberedWindow;
  /** Times (performance.now) at which the page crashed. */
  #crashes: number[] = [];

  constructor(options: MainWindowOptions) {
    this.#options = options;
    this.#remembered = readRememberedWindow(options.memory);
    useTheme(this.#remembered.theme);
  }

  contents(): WebContents | null {
    return this.#window?.webContents ?? null;
  }

  browserWindow(): BrowserWindow | null {
    return this.#window;
  }

  open(): void {
    if (this.#window !== null) return;
    const { background, symbols } = currentColours();
    const { preload, icon, developerTools, log } = this.#options;
    const { width, height, maximized } = this.#remembered;
    const window = new BrowserWindow({
      title: 'Inkstone Studio',
      icon,
      width,
      height,
      ...visiblePosition(this.#remembered),
      minWidth: 1024,
      minHeight: 700,
      show: false,
      backgroundColor: background,
      titleBarStyle: 'hidden',
      titleBarOverlay: { color: background, symbolColor: symbols, height: titleBarHeight },
      webPreferences: {
        preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        devTools: developerTools,
      },
    });
    this.#window = window;
    const { webContents } = window;
    followTheme(window);
    offerEditMenu(webContents);
    listenForZoomKeys(webContents);
    window.once('ready-to-show', () => {
      if (maximized) window.maximize();
      window.show();
      if (!this.#wasShown) this.#options.onFirstShown();
      this.#wasShown = true;
    });
    window.on('close', () => this.#remember(window));
    window.on('closed', () => {
      if (this.#window === window) this.#window = null;
    });
    webContents.on('preload-error', (_event, path, error) =>
      log(`preload ${path} failed: ${error.stack ?? error.message}`),
    );
    webContents.on('did-fail-load', (_event, code, description, url) =>
      log(`${url} could not be loaded: ${description} (${code})`),
    );
    webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      log(`the window's page is gone: ${reason} (${exitCode})`);
      if (reason !== 'clean-exit') this.#reopen(window);
    });
    window.loadURL(appAddress).catch((error: unknown) => log(`the window's page did not load: ${String(error)}`));
  }

  /** Bring it to the front; open it when it was closed. */
  focus(): void {
    const window = this.#window;
    if (window === null) return this.open();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  useTheme(theme: Preferences['theme']): void {
    useTheme(theme);
    if (theme === this.#remembered.theme) return;
    this.#remembered = { ...this.#remembered, theme };
    writeRememberedWindow(this.#options.memory, this.#remembered);
  }

  #remember(window: BrowserWindow): void {
    const { x, y, width, height } = window.getNormalBounds();
    this.#remembered = { ...this.#remembered, width, height, position: { x, y }, maximized: window.isMaximized() };
    writeRememberedWindow(this.#options.memory, this.#remembered);
  }

  #reopen(crashed: BrowserWindow): void {
    this.#remember(crashed);
    const now = performance.now();
    this.#crashes = [...this.#crashes.filter((time) => now - time < crashLoop.withinMs), now];
    const again = () => {
      // The new one first: with no window at all the studio would leave.
      this.#window = null;
      this.open();
      crashed.destroy();
    };
    if (this.#crashes.length < crashLoop.crashes) return again();
    void dialog
      .showMessageBox({
        type: 'error',
        message: 'The window crashed several times in a row.',
        detail: 'Your pictures, models and queue are kept. The log in the studio’s folder says more.',
        buttons: ['Open it again', 'Quit'],
        cancelId: 1,
      })
      .then(({ response }) => (response === 0 ? again() : crashed.destroy()));
  }
}

const crashLoop = { crashes: 3, withinMs: 60_000 };

/** Where it was, if a screen is still there; else the system chooses. */
function visiblePosition({
  position,
  width,
  height,
}: RememberedWindow): { x: number; y: number } | Record<string, never> {
  if (position === null) return {};
  const seen = screen.getAllDisplays().some(({ workArea }) => {
    const across = Math.min(position.x + width, workArea.x + workArea.width) - Math.max(position.x, workArea.x);
    const down = Math.min(position.y + height, workArea.y + workArea.height) - Math.max(position.y, workArea.y);
    return across >= leastVisible && down >= leastVisible;
  });
  return seen ? position : {};
}

/** Pixels of the window that must lie on a screen, so that it can be grasped. */
const leastVisible = 100;
