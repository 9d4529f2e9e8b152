import { allAdapterActions } from '../adapters/actions.js';
import { chatActions } from '../chat/actions.js';
import { evaluateActions } from '../evaluate/actions.js';
import { galleryActions } from '../gallery/actions.js';
import { generateActions } from '../generate/actions.js';
import { shellActions } from '../shell/actions.js';
import type { Action } from './action.js';

/** The one list behind keyboard, palette and key map. */
export const allActions: readonly Action[] = [
  ...Object.values<Action>(shellActions),
  ...Object.values<Action>(generateActions),
  ...Object.values<Action>(galleryActions),
  ...allAdapterActions,
  ...Object.values<Action>(chatActions),
  ...Object.values<Action>(evaluateActions),
];
