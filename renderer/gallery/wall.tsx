import { memo, useEffect, useEffectEvent, useMemo } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { thumbnailUrl } from '../../app/contracts/window.js';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { KeptMark } from '../components/kept-mark.js';
import { NoticeBar } from '../components/notice-bar.js';
import { useRoom } from '../components/picture-box.js';
import { dragPicture } from '../studio/picture-verbs.js';
import { useStudio } from '../studio/studio-store.js';
import { plural } from '../words/numbers.js';
import { openPanel } from '../shell/actions.js';
import { clearSelection, click, loadGallery, search, show } from './browsing.js';
import { SMALLEST_ROW } from './gallery-bar.js';
import { galleryStore, useGallery } from './gallery-store.js';
import { scoreHint, scorePictures, scoreWords, unscored, useScoring } from './scoring.js';
import { justify } from './justified-layout.js';

const GAP = 6;
const OVERSCAN_ROWS = 2;

/** Justified rows, only those in sight in the document: one tab stop, arrows move in two directions. */
export function Wall() {
  const pictures = useGallery((state) => state.pictures);
  const selected = useGallery((state) => state.selected);
  const cursor = useGallery((state) => state.cursor);
  const problem = useGallery((state) => state.problem);
  const state = useGallery((all) => all.state);
  const rowHeight = useStudio(({ preferences }) => Math.max(SMALLEST_ROW, preferences.thumbnailSize));
  const [scroller, room] = useRoom<HTMLDivElement>();
  const rows = useMemo(
    () => justify(pictures, { width: room.width, rowHeight, gap: GAP }),
    [pictures, room.width, rowHeight],
  );
  useEffect(() => galleryStore.setState({ rows }), [rows]);

  // oxlint-disable-next-line react/incompatible-library -- this component is not memoized, so its functions are never stale
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => rows[index]?.height ?? rowHeight,
    gap: GAP,
    overscan: OVERSCAN_ROWS,
    useFlushSync: false,
    paddingStart: 16,
    paddingEnd: 16,
  });
  useEffect(() => virtual.measure(), [virtual, rows]);

  // The cursor stays in sight when keys move it.
  const cursorRow = useMemo(
    () => rows.findIndex(({ cells }) => cells.some(({ item }) => item.id === cursor)),
    [rows, cursor],
  );
  const bringIntoView = useEffectEvent((index: number) => virtual.scrollToIndex(index, { align: 'auto' }));
  useEffect(() => {
    if (cursorRow >= 0) bringIntoView(cursorRow);
  }, [cursorRow]);

  return (
    <div className="wall" ref={scroller}>
      {problem ? (
        <NoticeBar
          tone="bad"
          actions={
            <button type="button" className="primary" onClick={() => void loadGallery()}>
              Try again
            </button>
          }
        >
          {problem.message}
        </NoticeBar>
      ) : null}
      <Unscored />
      {state === 'ready' && pictures.length === 0 && !problem ? <EmptyWall /> : null}
      <div
        className="wall-rows"
        role="listbox"
        aria-label="Pictures"
        aria-multiselectable="true"
        aria-activedescendant={cursor === null ? undefined : `picture-${cursor}`}
        data-keys="pictures"
        tabIndex={0}
        style={{ height: virtual.getTotalSize() }}
        onClick={(event) => {
          if (event.target === event.currentTarget) clearSelection();
        }}
      >
        {virtual.getVirtualItems().flatMap(({ index, start }) => {
          const row = rows[index];
          return (row?.cells ?? []).map(({ item, index: place, left, width }) => (
            <Card
              key={item.id}
              picture={item}
              place={place}
              of={pictures.length}
              left={left}
              top={start}
              width={width}
              height={row?.height ?? rowHeight}
              selected={selected.has(item.id)}
              current={item.id === cursor}
            />
          ));
        })}
      </div>
    </div>
  );
}

/** Sorted by a score that some do not have yet: they stand last, and here is what gives it to them. */
function Unscored() {
  const missing = useGallery(({ sort, view, pictures }) =>
    view !== 'bin' && sort.endsWith('score')
      ? pictures.filter(({ clipScore, missing: gone }) => clipScore === null && !gone).length
      : 0,
  );
  const scoring = useScoring((now) => now !== null);
  if (missing === 0 || scoring) return null;
  return (
    <NoticeBar
      tone="info"
      actions={
        <button type="button" className="quiet small outlined" onClick={() => scorePictures(unscored())}>
          Score {missing === 1 ? 'it' : 'them'}
        </button>
      }
    >
      {plural(missing, 'picture has', 'pictures have')} no CLIP score yet and {missing === 1 ? 'stands' : 'stand'} last.
    </NoticeBar>
  );
}

interface CardProps {
  readonly picture: PictureSummary;
  readonly place: number;
  readonly of: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly selected: boolean;
  readonly current: boolean;
}

/** Thumbnails are at most this wide or high, in pixels; a picture enlarged well beyond its own shows its pixels. */
const CRISP_FROM = 2;

/** Scrolling makes new cards; those already there are not drawn again. */
const Card = memo(function Card({ picture, place, of, left, top, width, height, selected, current }: CardProps) {
  const crisp = (height * window.devicePixelRatio) / picture.height >= CRISP_FROM;
  return (
    <div
      id={`picture-${picture.id}`}
      role="option"
      aria-selected={selected}
      aria-label={`${picture.title || 'Picture without a prompt'}${picture.kept ? ', kept' : ''}${picture.missing ? ', file gone' : ''}${picture.clipScore === null ? '' : `, CLIP score ${scoreWords(picture.clipScore)}`}`}
      aria-posinset={place + 1}
      aria-setsize={of}
      className={`card${selected ? ' on' : ''}${current ? ' current' : ''}`}
      style={{ transform: `translate(${left}px, ${top}px)`, width, height }}
      draggable={!picture.missing}
      onClick={(event) => click(picture.id, { range: event.shiftKey, toggle: event.ctrlKey || event.metaKey })}
      onDoubleClick={() => galleryStore.setState({ fullView: true, actualSize: false })}
      onDragStart={(event) => {
        event.preventDefault();
        dragPicture(picture.id);
      }}
    >
      {picture.missing ? (
        <span className="gone">File gone</span>
      ) : (
        <img
          src={thumbnailUrl(picture.id)}
          alt=""
          decoding="async"
          draggable={false}
          className={crisp ? 'crisp' : ''}
        />
      )}
      {picture.kept ? <KeptMark /> : null}
      {picture.clipScore === null ? null : (
        <span className="score-chip num" title={scoreHint(picture.clipScore)}>
          {scoreWords(picture.clipScore)}
        </span>
      )}
    </div>
  );
});

function EmptyWall() {
  const text = useGallery((state) => state.text);
  const view = useGallery((state) => state.view);
  if (text !== '') {
    return (
      <div className="empty">
        <p className="t18">No picture matches “{text}”.</p>
        <button type="button" className="quiet outlined" onClick={() => search('')}>
          Clear the search
        </button>
      </div>
    );
  }
  if (view === 'bin') {
    return (
      <div className="empty">
        <p className="t18">The bin is empty.</p>
      </div>
    );
  }
  if (view === 'kept') {
    return (
      <div className="empty">
        <p className="t18">No picture is kept yet.</p>
        <p className="dim">
          Press <kbd>F</kbd> on a picture to keep it.
        </p>
        <button type="button" className="quiet outlined" onClick={() => show({ view: 'all' })}>
          Show all pictures
        </button>
      </div>
    );
  }
  return (
    <div className="empty">
      <p className="t18">No pictures yet.</p>
      <p className="dim">Whatever you make comes here, with all it takes to make it again.</p>
      <button type="button" className="quiet outlined" onClick={() => openPanel('generate')}>
        Make one
      </button>
    </div>
  );
}
