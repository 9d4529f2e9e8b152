import { Dialog } from '@base-ui/react/dialog';
import X from 'lucide-react/icons/x';
import { Icon } from '../components/icon.js';
import { allActions } from '../keyboard/all-actions.js';
import { keyLabel } from '../keyboard/keys.js';
import { isMac } from '../studio/studio-store.js';
import { shellStore, useShell } from './shell-store.js';

/** Every key there is, from the same list that runs them. */
export function KeyMap() {
  const open = useShell((state) => state.keyMapOpen);
  const mac = isMac();
  const groups = Map.groupBy(
    allActions.filter(({ keys }) => keys !== undefined && keys.length > 0),
    ({ group }) => group,
  );
  return (
    <Dialog.Root open={open} onOpenChange={(next) => shellStore.setState({ keyMapOpen: next })}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="key-map float" data-popup="">
          <div className="key-map-head">
            <Dialog.Title className="t18">Keyboard</Dialog.Title>
            <span className="dim">Single letters work while no text field has the focus.</span>
            <Dialog.Close className="icon-button" aria-label="Close (Esc)">
              <Icon of={X} />
            </Dialog.Close>
          </div>
          <div className="key-map-body">
            <div className="key-groups">
              {[...groups].map(([group, actions]) => (
                <section key={group} aria-label={group}>
                  <h2>{group}</h2>
                  <dl>
                    {actions.map(({ id, label, keys }) => (
                      <div key={id}>
                        <dt>{label}</dt>
                        <dd>
                          {keys?.slice(0, 2).map((combo) => (
                            <kbd key={combo}>{keyLabel(combo, mac)}</kbd>
                          ))}
                        </dd>
                      </div>
                    ))}
                  </dl>
                </section>
              ))}
            </div>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
