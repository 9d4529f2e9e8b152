import { Popover } from '@base-ui/react/popover';
import PanelRight from 'lucide-react/icons/panel-right';
import List from 'lucide-react/icons/list';
import Search from 'lucide-react/icons/search';
import { ActionButton } from '../components/action-button.js';
import { Icon } from '../components/icon.js';
import { useAdapters } from '../adapters/adapters-store.js';
import { useChat } from '../chat/chat-store.js';
import { useGenerate } from '../generate/generate-store.js';
import { keyLabel } from '../keyboard/keys.js';
import { isMac, picturesWaiting, useStudio } from '../studio/studio-store.js';
import { plural } from '../words/numbers.js';
import { shellActions } from './actions.js';
import { panelTitles } from './panels.js';
import { QueuePopup } from './queue-popup.js';
import { asPanel, shellStore, useShell } from './shell-store.js';
import { Mark } from './mark.js';

/** Moves the window; holds its name, the find field and the queue. The system's own controls lie over its end. */
export function TitleBar() {
  const title = useStudio(({ preferences }) => panelTitles[asPanel(preferences.panel)]);
  const mac = isMac();
  return (
    <header className={`title-bar${mac ? ' mac' : ''}`} data-region="title-bar" tabIndex={-1}>
      {mac ? null : <Mark />}
      <h1>{title}</h1>
      <button
        type="button"
        className="find"
        aria-keyshortcuts={mac ? 'Meta+K' : 'Control+K'}
        onClick={shellActions.find.run}
      >
        <Icon of={Search} />
        <span>Find a picture, model or command</span>
        <kbd>{keyLabel('Ctrl+K', mac)}</kbd>
      </button>
      <div className="title-end">
        <QueueButton />
        <ColumnButton />
      </div>
    </header>
  );
}

/** The column at the right: settings in Generate, receipt in the Gallery and of an adapter, how it answers in Chat. */
function ColumnButton() {
  const panel = useStudio(({ preferences }) => asPanel(preferences.panel));
  const receipt = useStudio(({ preferences }) => preferences.inspector);
  const settings = useGenerate((state) => state.settingsShown);
  const sheet = useAdapters((state) => state.sheetShown);
  const answering = useChat((state) => state.columnShown);
  const columns = { generate: settings, gallery: receipt, adapters: sheet, chat: answering };
  const shown = panel === 'evaluate' || panel === 'settings' ? false : columns[panel];
  return <ActionButton action={shellActions.inspector} icon={PanelRight} pressed={shown} side="bottom" />;
}

function QueueButton() {
  const open = useShell((state) => state.queueOpen);
  const waiting = useStudio(({ queue }) => picturesWaiting(queue));
  return (
    <Popover.Root open={open} onOpenChange={(next) => shellStore.setState({ queueOpen: next })}>
      <Popover.Trigger className="quiet small queue-button" aria-keyshortcuts="Control+J">
        <Icon of={List} />
        Queue
        {waiting > 0 ? (
          <>
            <b className="num">{plural(waiting, 'picture')}</b>
            <span className="read-only">to come</span>
          </>
        ) : null}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popup-place" sideOffset={8} align="end" collisionPadding={12}>
          <Popover.Popup className="queue float" aria-label="Queue" data-popup="" data-scope="queue">
            <QueuePopup />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
