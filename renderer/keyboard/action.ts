/**
 * Where an action's keys work. `prompt`, `composer` and `queue` only while the focus is in that part of the window;
 * a panel's own while it is open; `anywhere` always.
 */
export type Scope =
  'anywhere' | 'generate' | 'gallery' | 'adapters' | 'chat' | 'evaluate' | 'settings' | 'prompt' | 'composer' | 'queue';

/** One thing a person can do. A list of these feeds the keyboard, the palette, tooltips and the key map. */
export interface Action {
  readonly id: string;
  readonly label: string;
  readonly scope: Scope;
  /** Heading in the key map and the palette. */
  readonly group: string;
  readonly keys?: readonly string[];
  /** Why it cannot be done now, in one sentence; null when it can. */
  readonly unavailable?: () => string | null;
  /** False keeps it out of the palette: it only makes sense at a place. */
  readonly inPalette?: boolean;
  /** Absent where the key belongs to the browser or a widget: shown in the map, run by them. */
  readonly run?: () => void;
}
