/** The line to whoever started this process, the same for a forked Node child and Electron's utility process. */
export interface ParentPort {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The parent is gone. Electron ends its utility processes itself, so there this never comes. */
  onGone(listener: () => void): void;
}

export function openParentPort(): ParentPort {
  const electron = electronParentPort();
  if (electron !== null) {
    return {
      post: (message) => electron.postMessage(message),
      onMessage: (listener) => electron.on('message', (event) => listener(event.data)),
      onGone: () => undefined,
    };
  }
  if (process.send === undefined) throw new Error('This file is started by Inkstone Studio and does nothing alone.');
  return {
    post: (message) => {
      // The callback keeps a closed channel from being an uncaught error: 'disconnect' tells of it.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => process.on('message', listener),
    onGone: (listener) => process.once('disconnect', listener),
  };
}

interface ElectronParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

/** `process.parentPort` exists in utility processes only, and only Electron's types know of it. */
function electronParentPort(): ElectronParentPort | null {
  const port: unknown = Reflect.get(process, 'parentPort');
  return isPort(port) ? port : null;
}

function isPort(value: unknown): value is ElectronParentPort {
  return typeof value === 'object' && value !== null && 'postMessage' in value && 'on' in value;
}
