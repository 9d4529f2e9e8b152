import { Icon } from '../components/icon.js';
import { Tip } from '../components/tip.js';
import { ariaKeys, keyLabel } from '../keyboard/keys.js';
import { isMac, useStudio } from '../studio/studio-store.js';
import { Mark } from './mark.js';
import { panels, panelTitles } from './panels.js';
import { asPanel } from './shell-store.js';

export function Rail() {
  const open = useStudio(({ preferences }) => asPanel(preferences.panel));
  const mac = isMac();
  return (
    <nav className="rail" aria-label="Panels" data-region="rail" tabIndex={-1}>
      {mac ? <Mark /> : null}
      {panels.map(({ name, icon, action }) => {
        const key = action.keys?.[0] ?? '';
        return (
          <Tip key={name} text={panelTitles[name]} keys={keyLabel(key, mac)} side="right">
            <button
              type="button"
              className={`${name === 'settings' ? 'last' : ''}${name === open ? ' on' : ''}`}
              aria-label={panelTitles[name]}
              aria-current={name === open ? 'page' : undefined}
              aria-keyshortcuts={ariaKeys([key], mac)}
              onClick={action.run}
            >
              <Icon of={icon} size={20} />
            </button>
          </Tip>
        );
      })}
    </nav>
  );
}
