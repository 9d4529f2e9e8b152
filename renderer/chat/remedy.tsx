import type { ReactNode } from 'react';
import type { ErrorMessage } from '../../app/contracts/errors.js';
import { setPreferences } from '../studio/preferences.js';
import { remedyFor } from '../words/errors.js';
import { chatActions } from './actions.js';

interface RemedyForProps {
  readonly kind: ErrorMessage['kind'];
  /** How to do it once more, where that can be done here. */
  readonly again?: { readonly label: string; readonly run: () => void };
}

/** The button that mends an error: its kind chooses it, never its sentence. */
export function RemedyFor({ kind, again }: RemedyForProps): ReactNode {
  const button = (label: string, run: () => void): ReactNode => (
    <button type="button" className="primary" onClick={run}>
      {label}
    </button>
  );
  switch (remedyFor(kind)) {
    case 'go-on':
    case 'again':
      return again ? button(again.label, again.run) : null;
    case 'another-model':
      return button('Choose another model', chatActions.chooseModel.run);
    case 'another-device':
      return button('Choose a device', () => setPreferences({ panel: 'settings' }));
    case 'none':
      return null;
  }
}
