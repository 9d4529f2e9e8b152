import { Popover } from '@base-ui/react/popover';
import FilePlus from 'lucide-react/icons/file-plus';
import Folder from 'lucide-react/icons/folder';
import FolderPlus from 'lucide-react/icons/folder-plus';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { AdapterFolder } from '../../app/contracts/adapters.js';
import { Icon } from '../components/icon.js';
import { useShelf } from '../studio/shelf-store.js';
import { plural } from '../words/numbers.js';
import { adapterActions } from './actions.js';
import { adaptersStore, useAdapters } from './adapters-store.js';
import { unwatch } from './verbs.js';

/** Which folders are watched, and the door for more. */
export function FoldersPopover() {
  const open = useAdapters((state) => state.foldersOpen);
  const folders = useShelf((state) => state.folders);
  const own = folders.filter(({ embedded }) => !embedded);
  const missing = own.some((folder) => folder.missing);
  const close = (): void => adaptersStore.setState({ foldersOpen: false });
  return (
    <Popover.Root open={open} onOpenChange={(next) => adaptersStore.setState({ foldersOpen: next })}>
      <Popover.Trigger className="quiet small">
        <Icon of={missing ? TriangleAlert : Folder} />
        {own.length === 0 ? 'Folders' : `${plural(own.length, 'folder')} watched`}
        {missing ? <span className="read-only">, one cannot be read</span> : null}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popup-place" sideOffset={8} align="end" collisionPadding={12}>
          <Popover.Popup className="folders float" aria-label="Watched folders" data-popup="">
            <ul>
              {folders.map((folder) => (
                <FolderRow key={folder.path} folder={folder} />
              ))}
            </ul>
            {own.length === 0 ? (
              <p className="note padded">
                A watched folder stays where it is: what comes into it comes onto the shelf. The model folders of other
                studios can be watched too.
              </p>
            ) : null}
            <div className="folders-foot">
              <button
                type="button"
                className="quiet small outlined"
                onClick={() => {
                  close();
                  adapterActions.watchFolder.run();
                }}
              >
                <Icon of={FolderPlus} />
                Watch a folder…
              </button>
              <button
                type="button"
                className="quiet small outlined"
                onClick={() => {
                  close();
                  adapterActions.addFiles.run();
                }}
              >
                <Icon of={FilePlus} />
                Add files…
              </button>
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function FolderRow({ folder: { path, count, embedded, missing } }: { folder: AdapterFolder }) {
  return (
    <li className="folder">
      <span className="folder-words">
        {embedded ? <span>Comes with the studio</span> : <span className="path">{path}</span>}
        {missing ? (
          <span className="match warn">
            <Icon of={TriangleAlert} size={14} />
            Cannot be read now; it is looked for again
          </span>
        ) : (
          <small className="num">{plural(count, 'adapter')}</small>
        )}
      </span>
      {embedded ? null : (
        <button
          type="button"
          className="quiet small"
          aria-label={`Stop watching ${path}`}
          onClick={() => unwatch(path)}
        >
          Stop watching
        </button>
      )}
    </li>
  );
}
