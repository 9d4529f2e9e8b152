import ChevronLeft from 'lucide-react/icons/chevron-left';
import ChevronRight from 'lucide-react/icons/chevron-right';
import FolderOpen from 'lucide-react/icons/folder-open';
import Heart from 'lucide-react/icons/heart';
import Trash from 'lucide-react/icons/trash-2';
import { ActionButton } from '../components/action-button.js';
import { FullView } from '../components/picture-view.js';
import { SideColumn } from '../components/side-column.js';
import { useStudio } from '../studio/studio-store.js';
import { count } from '../words/numbers.js';
import { galleryActions } from './actions.js';
import { useGallery } from './gallery-store.js';
import { GalleryBar } from './gallery-bar.js';
import { Receipt } from './receipt.js';
import { Wall } from './wall.js';

/** All pictures, and the receipt of the one that is chosen. */
export function GalleryPanel() {
  const inspector = useStudio(({ preferences }) => preferences.inspector);
  const fullView = useGallery((state) => state.fullView);
  return (
    <div className="gallery">
      <GalleryBar />
      <SideColumn name="inspector" side={inspector ? <Receipt /> : null}>
        <div className="gallery-main" data-region="main" tabIndex={-1}>
          <Wall />
          {fullView ? <GalleryFullView /> : null}
        </div>
      </SideColumn>
    </div>
  );
}

function GalleryFullView() {
  const pictures = useGallery((state) => state.pictures);
  const cursor = useGallery((state) => state.cursor);
  const actualSize = useGallery((state) => state.actualSize);
  const bin = useGallery(({ view }) => view === 'bin');
  const at = pictures.findIndex(({ id }) => id === cursor);
  const picture = pictures[at];
  if (!picture) return null;
  const { left, right, keep, reveal, delete: remove } = galleryActions;
  return (
    <FullView
      picture={picture}
      actualSize={actualSize}
      place={`${count(at + 1)} of ${count(pictures.length)}`}
      actions={
        <>
          <ActionButton action={left} icon={ChevronLeft} />
          <ActionButton action={right} icon={ChevronRight} />
          {bin ? null : (
            <>
              <ActionButton action={keep} icon={Heart} pressed={picture.kept} label={picture.kept ? 'Kept' : 'Keep'} />
              <ActionButton action={reveal} icon={FolderOpen} />
              <ActionButton action={remove} icon={Trash} />
            </>
          )}
        </>
      }
    />
  );
}
