import { ipcMain, type WebContents } from 'electron';
import type { Answer } from '../../app/contracts/window.js';
import { requestChannel, eventChannel } from './channels.js';
import { routeRequest, type WindowHandlers } from './route-request.js';
import { isTrustedSender } from './trusted-sender.js';

interface WindowLine {
  /** The window's contents now; null while there is none. */
  readonly contents: () => WebContents | null;
  /** May be on their way while the window already asks. */
  readonly handlers: () => Promise<WindowHandlers>;
  readonly log: (line: string) => void;
}

export function listenToWindow({ contents, handlers, log }: WindowLine): void {
  ipcMain.handle(requestChannel, async (event, name: unknown, payload: unknown): Promise<Answer> => {
    if (isTrustedSender(event.senderFrame, event.sender === contents())) {
      return routeRequest(handlers(), name, payload, log);
    }
    log(`refused a message from ${event.senderFrame?.url ?? 'a frame that is gone'}`);
    return { ok: false, error: { kind: 'internal', message: 'This sender is not listened to.' } };
  });
}

/** An event for whoever shows the window; dropped while there is none, which asks for everything when it comes. */
export function tellWindow(contents: WebContents | null, name: string, payload: unknown): void {
  if (contents !== null && !contents.isDestroyed()) contents.send(eventChannel, name, payload);
}
