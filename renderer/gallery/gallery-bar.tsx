import Heart from 'lucide-react/icons/heart';
import Trash from 'lucide-react/icons/trash-2';
import { galleryQuery } from '../../app/contracts/gallery.js';
import { Icon } from '../components/icon.js';
import { SearchField } from '../components/search-field.js';
import { Segments } from '../components/segments.js';
import { SelectField } from '../components/select-field.js';
import { setPreferences } from '../studio/preferences.js';
import { useStudio } from '../studio/studio-store.js';
import { count, plural } from '../words/numbers.js';
import { galleryActions, SEARCH_ID } from './actions.js';
import { search, show } from './browsing.js';
import { useGallery, type View } from './gallery-store.js';

export const SMALLEST_ROW = 96;
const LARGEST_ROW = 360;

const views: readonly { id: View; name: string; label: React.ReactNode }[] = [
  { id: 'all', name: 'All', label: 'All' },
  {
    id: 'kept',
    name: 'Kept',
    label: (
      <>
        <Icon of={Heart} size={14} />
        Kept
      </>
    ),
  },
  {
    id: 'bin',
    name: 'Bin',
    label: (
      <>
        <Icon of={Trash} size={14} />
        Bin
      </>
    ),
  },
];

export function GalleryBar() {
  const text = useGallery((state) => state.text);
  const view = useGallery((state) => state.view);
  const sort = useGallery((state) => state.sort);
  const shown = useGallery(({ pictures }) => pictures.length);
  const total = useGallery((state) => state.total);
  const selected = useGallery((state) => state.selected.size);
  const row = useStudio(({ preferences }) => preferences.thumbnailSize);
  return (
    <div className="panel-bar">
      <SearchField
        id={SEARCH_ID}
        label="Search pictures"
        placeholder="Search"
        title="Prompt, model, sampler or seed"
        firstFocus
        text={text}
        onSearch={search}
      />
      <Segments label="Show" value={view} options={views} onChange={(next) => show({ view: next })} />
      {view === 'bin' && shown > 0 ? (
        <button type="button" className="quiet small outlined" onClick={galleryActions.emptyBin.run}>
          Empty the bin…
        </button>
      ) : null}
      <span className="push" />
      <span className="dim num shown-count" role="status">
        {selected > 1 ? `${count(selected)} of ${count(shown)} selected` : countWords(shown, total)}
      </span>
      <SelectField
        slim
        label="Sort"
        value={sort}
        options={[
          { id: 'newest', label: 'Newest first' },
          { id: 'oldest', label: 'Oldest first' },
          { id: 'best-score', label: 'Best CLIP score' },
          { id: 'worst-score', label: 'Worst CLIP score' },
        ]}
        onChange={(id) => show({ sort: galleryQuery.shape.sort.options.find((one) => one === id) ?? 'newest' })}
      />
      <input
        className="zoom"
        type="range"
        aria-label="Thumbnail height"
        min={SMALLEST_ROW}
        max={LARGEST_ROW}
        step={8}
        value={row}
        aria-valuetext={`${row} pixels`}
        onChange={(event) => setPreferences({ thumbnailSize: event.currentTarget.valueAsNumber })}
      />
    </div>
  );
}

const countWords = (shown: number, total: number | null): string =>
  total === null || total === shown ? plural(shown, 'picture') : `${count(shown)} of ${count(total)}`;
