import { AlertDialog } from '@base-ui/react/alert-dialog';
import { shellStore, useShell } from '../shell/shell-store.js';
import { plural } from '../words/numbers.js';
import { deleteQuestion } from './actions.js';
import { emptyBin } from './browsing.js';
import { useGallery } from './gallery-store.js';

/** The one modal there is: it cannot be undone. */
export function EmptyBinDialog() {
  const open = useShell((state) => state.confirmEmptyBin);
  const total = useGallery((state) => state.total) ?? 0;
  const close = (): void => shellStore.setState({ confirmEmptyBin: false });
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => shellStore.setState({ confirmEmptyBin: next })}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="scrim" />
        <AlertDialog.Popup className="confirm float" data-popup="">
          <AlertDialog.Title className="confirm-title">Empty the bin?</AlertDialog.Title>
          <AlertDialog.Description className="confirm-words">
            {deleteQuestion().replace('Empty the bin? ', '')} This cannot be undone.
          </AlertDialog.Description>
          <div className="confirm-buttons">
            <AlertDialog.Close className="quiet outlined">Keep</AlertDialog.Close>
            <button
              type="button"
              className="danger"
              onClick={() => {
                close();
                emptyBin();
              }}
            >
              Delete {plural(total, 'picture')}
            </button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
