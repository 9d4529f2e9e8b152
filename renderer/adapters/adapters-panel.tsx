import { SideColumn } from '../components/side-column.js';
import { useShelf } from '../studio/shelf-store.js';
import { useAdapters } from './adapters-store.js';
import { AdaptersBar } from './adapters-bar.js';
import { Cards } from './cards.js';
import { scanWords } from './shelf-view.js';
import { Sheet } from './sheet.js';

/** The shelf of adapters, and the receipt of the one that is chosen. */
export function AdaptersPanel() {
  const sheetShown = useAdapters((state) => state.sheetShown);
  const empty = useShelf(({ cards }) => cards.length === 0);
  return (
    <div className="adapters">
      <AdaptersBar />
      <SideColumn name="sheet" side={sheetShown && !empty ? <Sheet /> : null}>
        <div className="shelf-main" data-region="main" tabIndex={-1}>
          <Scanning />
          <Cards />
        </div>
      </SideColumn>
    </div>
  );
}

/** While folders are read, cards come as they are known. */
function Scanning() {
  const cards = useShelf((state) => state.cards.length);
  const waiting = useShelf((state) => state.waiting);
  if (waiting === 0 || cards === 0) return null;
  return (
    <div className="scanning">
      <span className="bar">
        <i style={{ width: `${(cards / (cards + waiting)) * 100}%` }} />
      </span>
      <span className="note num">{scanWords(cards, waiting)}</span>
    </div>
  );
}
