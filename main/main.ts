import { constants } from 'node:os';
import { app, session } from 'electron';
import type { Home } from '../app/storage/home.js';
import { openStudio } from '../app/studio.js';
import { handleProtocol, registerScheme } from './files-protocol/handle-protocol.js';
import { connectStudio } from './ipc/connect-studio.js';
import { listenToWindow } from './ipc/listen-to-window.js';
import { deviceMemoryIn } from './supervisor/device-memory.js';
import { startEngineProcess } from './supervisor/engine-process.js';
import { LogFile } from './supervisor/log-file.js';
import { utilityProcessHost } from './supervisor/utility-process-host.js';
import { startWorkerProcess } from './supervisor/worker-process.js';
import { electronDesktop } from './windows/electron-desktop.js';
import { guardSessions } from './windows/guard-sessions.js';
import { leaveInOrder, logTroubles } from './windows/life.js';
import { MainWindow } from './windows/main-window.js';
import { setApplicationMenu } from './windows/menus.js';
import { dragIcons, logFile, openHome, places, windowMemory } from './windows/places.js';
import { stayOffline } from './windows/stay-offline.js';

/** The order of things: the window opens first; studio, engine and worker start beside it and answer when they are there. */
registerScheme();
stayOffline();
const home = openHome(process.argv);
// The lock of the one window, like all else of Electron's, belongs to the home: two homes, two studios.
app.setPath('userData', home.electron);
if (app.requestSingleInstanceLock()) start(home);
else {
  console.error(`Inkstone Studio is open already on ${home.root}: its window comes to the front.`);
  app.exit(0);
}

function start(home: Home): void {
  const logs = new LogFile(logFile(home));
  const log = (line: string) => logs.write(line);
  logTroubles(log);
  log(
    `Inkstone Studio ${app.getVersion()}, Electron ${process.versions.electron ?? ''}, ${process.platform} ${process.arch}`,
  );

  const child = {
    host: utilityProcessHost,
    keepRunning: true,
    log,
    priority: constants.priority.PRIORITY_BELOW_NORMAL,
  };
  const engine = startEngineProcess({ ...child, entry: places.engine, deviceMemory: deviceMemoryIn(home.root) });
  const worker = startWorkerProcess({ ...child, entry: places.worker });
  const window = new MainWindow({
    preload: places.preload,
    icon: places.icon,
    memory: windowMemory(home),
    // The first picture should not have to wait for it, and the window should not either.
    onFirstShown: () => void engine.child.warm().catch(() => undefined), // its status tells
    developerTools: process.env['INKSTONE_DEVELOPER'] === '1',
    log,
  });

  // Never awaited at top level: Electron is ready only after this module has ended.
  const opened = app.whenReady().then(() => {
    guardSessions(log);
    setApplicationMenu();
    handleProtocol(session.defaultSession, {
      rendererFolder: places.renderer,
      pictureFile: async (id) => (await studio).pictureFile(id),
      thumbnailFile: async (id) => (await studio).thumbnailFile(id),
      adapterPreviewFile: async (id) => (await studio).adapterPreviewFile(id),
      effectFile: async (id, which) => (await studio).effectFile(id, which),
      evaluatedPictureFile: async (run, set, index) => (await studio).evaluatedPictureFile(run, set, index),
      sourcePictureFile: async (token, index) => (await studio).sourcePictureFile(token, index),
    });
    listenToWindow({ contents: () => window.contents(), handlers: () => line.handlers, log });
    window.open();
  });
  const studio = opened.then(() =>
    openStudio({
      home: home.root,
      embeddedModels: places.embeddedModels,
      engine: engine.engine,
      worker: worker.worker,
      desktop: electronDesktop({ window, worker: worker.worker, dragIcons: dragIcons(home), log }),
      version: app.getVersion(),
      platform: process.platform,
    }),
  );
  const line = connectStudio({ studio, engine: engine.child, window, log });

  app.on('second-instance', () => window.focus());
  app.on('activate', () => window.focus());
  leaveInOrder(log, [
    () => line.stop(),
    async () => (await studio).close(),
    () => engine.close(),
    () => worker.close(),
    () => logs.flush(),
  ]);
}
