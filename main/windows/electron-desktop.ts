import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import electron, { dialog, nativeImage, shell, type NativeImage, type OpenDialogOptions } from 'electron';
import type { Desktop } from '../../app/contracts/desktop.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import type { Worker } from '../../app/contracts/worker.js';
import type { MainWindow } from './main-window.js';

interface ElectronDesktopOptions {
  readonly window: MainWindow;
  readonly worker: Worker;
  /** Folder of small icons to drag pictures by; may be deleted at any time. */
  readonly dragIcons: string;
  readonly log: (line: string) => void;
}

/** What `app` asks of a desktop, done by Electron. */
export function electronDesktop({ window, worker, dragIcons, log }: ElectronDesktopOptions): Desktop {
  const drag = async (path: string) => {
    // Electron takes PNG and JPEG here, thumbnails are WebP; and decoding a whole picture is not main's work.
    const icon = join(dragIcons, `${basename(path)}.png`);
    await mkdir(dragIcons, { recursive: true });
    await worker.makeThumbnail({ path, out: icon, side: dragIconSide });
    window.contents()?.startDrag({ file: path, icon: nativeImage.createFromPath(icon) });
  };
  const choose = async (options: OpenDialogOptions): Promise<string[]> => {
    const parent = window.browserWindow();
    const { filePaths } = await (parent === null
      ? dialog.showOpenDialog(options)
      : dialog.showOpenDialog(parent, options));
    return filePaths;
  };
  return {
    reveal: (path) => shell.showItemInFolder(path),
    copyPicture: async (path) => {
      const png = await readFile(path).catch((cause: unknown) => {
        throw new StudioError('missing-file', `${path} cannot be read.`, { file: path, cause });
      });
      await copyPng(png);
    },
    dragPicture: (path) => {
      drag(path).catch((error: unknown) => log(`${path} could not be dragged: ${String(error)}`));
    },
    chooseFolder: async (title) => (await choose({ title, properties: ['openDirectory'] }))[0] ?? null,
    chooseFiles: (title, endings) =>
      choose({
        title,
        properties: ['openFile', 'multiSelections'],
        filters: [{ name: endings.map((ending) => `.${ending}`).join(', '), extensions: [...endings] }],
      }),
    chooseSave: async (title, suggestedName) => {
      const options = { title, defaultPath: suggestedName };
      const parent = window.browserWindow();
      const { filePath } = await (parent === null
        ? dialog.showSaveDialog(options)
        : dialog.showSaveDialog(parent, options));
      return filePath === '' ? null : filePath;
    },
    openLink: async (url) => {
      if (!/^https?:\/\//i.test(url))
        throw new StudioError('bad-input', `${url} is no web address, so it is not opened.`);
      await shell.openExternal(url);
    },
    openFile: async (path) => {
      const problem = await shell.openPath(path);
      if (problem === '') return;
      log(`${path} could not be opened: ${problem}`);
      throw new StudioError('storage', `${path} could not be opened: your system names no program for it.`, {
        file: path,
      });
    },
  };
}

/** Pixels. */
const dragIconSide = 96;

/** Older Electron has `writeImage`; since 45 the clipboard takes items as it does in a web page. */
async function copyPng(png: Buffer): Promise<void> {
  const { clipboard } = electron;
  if (hasWriteImage(clipboard)) clipboard.writeImage(nativeImage.createFromBuffer(png));
  else
    await clipboard.write([
      new electron.ClipboardItem({ 'image/png': new Blob([Uint8Array.from(png)], { type: 'image/png' }) }),
    ]);
}

function hasWriteImage(clipboard: object): clipboard is { writeImage(image: NativeImage): void } {
  return 'writeImage' in clipboard;
}
