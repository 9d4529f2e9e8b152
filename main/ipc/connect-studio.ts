import type { Device, DeviceWish } from '../../app/contracts/capabilities.js';
import type { Studio } from '../../app/studio.js';
import { deviceInUse } from '../supervisor/device-in-use.js';
import { watchEngineStatus } from '../supervisor/engine-status.js';
import type { SupervisedChild } from '../supervisor/supervised-child.js';
import type { MainWindow } from '../windows/main-window.js';
import { tellWindow } from './listen-to-window.js';
import type { WindowHandlers } from './route-request.js';
import { watchPreferences } from './watch-preferences.js';

interface Ends {
  /** Being opened while the window already asks. */
  readonly studio: Promise<Studio>;
  readonly engine: SupervisedChild;
  readonly window: MainWindow;
  readonly log: (line: string) => void;
}

/**
 * The studio's events go to the window, the engine's state to the studio; and from the answers that pass, main learns
 * the theme and which device the status bar names. `handlers` rejects when the studio cannot be opened.
 */
export function connectStudio({ studio, engine, window, log }: Ends): {
  handlers: Promise<WindowHandlers>;
  stop: () => void;
} {
  let devices: readonly Device[] = [];
  let wish: DeviceWish = 'auto';
  const status = watchEngineStatus(
    engine,
    () => deviceInUse(devices, wish),
    (now) => void studio.then(({ setEngineStatus }) => setEngineStatus(now)).catch(() => undefined),
  );
  const handlers = studio.then(({ handlers: answers, onEvent, setEngineStatus }) => {
    onEvent((name, payload) => tellWindow(window.contents(), name, payload));
    return watchPreferences(answers, ({ theme, device }) => {
      window.useTheme(theme);
      wish = device;
      answers['studio.devices']({})
        .then((found) => {
          devices = found;
          setEngineStatus(status.now());
        })
        .catch((error: unknown) => log(`the devices could not be asked: ${String(error)}`));
    });
  });
  // Every request is answered with the reason; here it is only written down.
  handlers.catch((error: unknown) => log(`the studio could not be opened: ${String(error)}`));
  return { handlers, stop: () => status.stop() };
}
