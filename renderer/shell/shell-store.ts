import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

/** The window itself: what lies over the panels. Which panel is open is a preference, as it is remembered. */
export type PanelName = 'generate' | 'gallery' | 'adapters' | 'chat' | 'evaluate' | 'settings';
export const panelNames: readonly PanelName[] = ['generate', 'gallery', 'adapters', 'chat', 'evaluate', 'settings'];

export interface ShellState {
  readonly palette: 'closed' | 'everything' | 'panel';
  readonly queueOpen: boolean;
  readonly keyMapOpen: boolean;
  readonly confirmEmptyBin: boolean;
}

export const shellStore = createStore<ShellState>(() => ({
  palette: 'closed',
  queueOpen: false,
  keyMapOpen: false,
  confirmEmptyBin: false,
}));

export const useShell = <T>(select: (state: ShellState) => T): T => useStore(shellStore, select);

export const asPanel = (name: string): PanelName => panelNames.find((panel) => panel === name) ?? 'generate';
