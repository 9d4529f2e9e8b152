import { useShelf } from '../studio/shelf-store.js';
import { useAdapters, type View } from './adapters-store.js';
import { adapterActions } from './actions.js';
import { search, show } from './browsing.js';
import { scanWords } from './shelf-view.js';

const emptyViews: Record<Exclude<View, 'all'>, string> = {
  fits: 'No adapter fits this model.',
  other: 'No adapter was made for another base.',
  unknown: 'No adapter is unknown: each tells what it was made for.',
  favourites: 'No adapter has four or five stars yet.',
};

/** Why there is no card, and what brings some. */
export function EmptyShelf() {
  const text = useAdapters((state) => state.text);
  const view = useAdapters((state) => state.view);
  const total = useShelf(({ cards }) => cards.length);
  const waiting = useShelf((state) => state.waiting);
  if (total === 0 && waiting > 0) {
    return (
      <div className="empty">
        <p className="t18 num">{scanWords(total, waiting)}.</p>
      </div>
    );
  }
  if (total === 0) {
    return (
      <div className="empty">
        <p className="t18">None yet. Drop LoRA files anywhere; each gets a receipt before it runs.</p>
        <p className="dim">Folders are watched where they lie: nothing is copied, converted or changed.</p>
        <div className="actions">
          <button type="button" className="quiet outlined" onClick={adapterActions.watchFolder.run}>
            Watch a folder…
          </button>
          <button type="button" className="quiet outlined" onClick={adapterActions.addFiles.run}>
            Add files…
          </button>
        </div>
      </div>
    );
  }
  if (text.trim() !== '') {
    return (
      <div className="empty">
        <p className="t18">No adapter matches “{text.trim()}”.</p>
        <button type="button" className="quiet outlined" onClick={() => search('')}>
          Clear the search
        </button>
      </div>
    );
  }
  return (
    <div className="empty">
      <p className="t18">{view === 'all' ? 'There is nothing here.' : emptyViews[view]}</p>
      {view === 'favourites' ? (
        <p className="dim">
          Press <kbd>F</kbd> on an adapter to give it five.
        </p>
      ) : null}
      <button type="button" className="quiet outlined" onClick={() => show('all')}>
        Show all adapters
      </button>
    </div>
  );
}
