import FolderOpen from 'lucide-react/icons/folder-open';
import { Icon } from '../components/icon.js';
import { evaluateActions } from './actions.js';
import { useEvaluate } from './evaluate-store.js';

/** What the panel does, and what brings something into it. */
export function EmptyFindings() {
  const generated = useEvaluate(({ draft }) => draft.generated !== null);
  const reference = useEvaluate(({ draft }) => draft.reference !== null);
  const embedded = useEvaluate(({ draft }) => draft.inception === null);
  return (
    <div className="empty evaluate-empty">
      <p className="t18">{titleOf(generated, reference)}</p>
      <p className="dim">
        Two sets of pictures give FID, KID, precision and recall; pictures with their prompts give the CLIP score. Each
        number comes with its 95 % interval, how many pictures are behind it, and a plain sentence that says what it can
        carry.
      </p>
      {embedded ? (
        <p className="dim">
          The embedded network serves until you add the FID Inception file (pt_inception-2015-12-05-6726825d.pth): drop
          it here, and the numbers agree with the papers’ tools.
        </p>
      ) : null}
      <div className="actions">
        {generated ? null : (
          <button type="button" className="quiet outlined" onClick={evaluateActions.chooseGenerated.run}>
            <Icon of={FolderOpen} />
            Generated pictures…
          </button>
        )}
        {reference ? null : (
          <button type="button" className="quiet outlined" onClick={evaluateActions.chooseReference.run}>
            <Icon of={FolderOpen} />
            Reference pictures…
          </button>
        )}
      </div>
    </div>
  );
}

function titleOf(generated: boolean, reference: boolean): string {
  if (!generated) return 'Drop two folders: the generated pictures, then the reference.';
  return reference
    ? 'Press Evaluate when the settings are as you wish.'
    : 'Drop the reference, or measure the captions alone.';
}
