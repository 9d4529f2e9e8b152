import type { Action } from '../keyboard/action.js';
import { ariaKeys, keyLabel } from '../keyboard/keys.js';
import { isMac } from '../studio/studio-store.js';
import { Icon, type IconComponent } from './icon.js';
import { Tip } from './tip.js';

interface ActionButtonProps {
  readonly action: Action;
  readonly icon: IconComponent;
  /** Other words than the action's own, where the state changes what it will do. */
  readonly label?: string;
  readonly pressed?: boolean;
  readonly boxed?: boolean;
  readonly side?: 'top' | 'bottom' | 'left' | 'right';
}

/** An icon button of an action, named with its key: "Keep (F)". Where it cannot act, its tooltip says why. */
export function ActionButton({ action, icon, label = action.label, pressed, boxed = false, side }: ActionButtonProps) {
  const mac = isMac();
  const key = action.keys?.[0];
  const why = action.unavailable?.() ?? null;
  return (
    <Tip text={why ?? label} keys={key === undefined ? undefined : keyLabel(key, mac)} {...(side ? { side } : {})}>
      <button
        type="button"
        className={`icon-button${boxed ? ' boxed' : ''}${pressed ? ' on' : ''}`}
        aria-label={key === undefined ? label : `${label} (${keyLabel(key, mac)})`}
        aria-keyshortcuts={action.keys ? ariaKeys(action.keys, mac) : undefined}
        aria-pressed={pressed}
        aria-disabled={why !== null || undefined}
        onClick={() => {
          if (why === null) action.run?.();
        }}
      >
        <Icon of={icon} />
      </button>
    </Tip>
  );
}
