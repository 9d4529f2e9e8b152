import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { WindowBridge } from '../../app/contracts/window.js';
import { eventChannel, requestChannel } from '../ipc/channels.js';

/** The only door out of the window's sandbox. It carries; both its ends validate. */
const bridge: WindowBridge = {
  request: (name, payload) => ipcRenderer.invoke(requestChannel, name, payload),
  subscribe: (listener) => {
    const carry = (_event: unknown, name: string, payload: unknown) => listener(name, payload);
    ipcRenderer.on(eventChannel, carry);
    return () => {
      ipcRenderer.off(eventChannel, carry);
    };
  },
  pathOf: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('inkstone', bridge);
