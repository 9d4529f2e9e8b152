import { memo, useEffect, useEffectEvent, useState } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import { adapterPreviewUrl } from '../../app/contracts/window.js';
import { FitMark } from '../components/fit-mark.js';
import { NoticeBar } from '../components/notice-bar.js';
import { useRoom } from '../components/picture-box.js';
import { Stars } from '../components/stars.js';
import { refreshShelf, useShelf } from '../studio/shelf-store.js';
import {
  algorithmName,
  madeFor,
  rangeWords,
  standingOf,
  sizeWords,
  standingSentence,
  standingWord,
} from '../words/adapters.js';
import { foldersOfNamesakes } from '../words/namesakes.js';
import { fixed, plural } from '../words/numbers.js';
import { adaptersStore, useAdapters } from './adapters-store.js';
import { open, useModelName, useShownCards } from './browsing.js';
import { EmptyShelf } from './empty-shelf.js';
import { useOnPicture } from './on-picture.js';
import { columnsIn } from './shelf-view.js';
import { toggleOrSay } from './verbs.js';

const GAP = 12;
const OVERSCAN_ROWS = 2;
/** Width over height of a card's picture, and the height of the words under it, in CSS pixels. */
const ASPECT = 1.62;
const WORDS_HEIGHT = 90;

/** Equal cards in rows, only those in sight in the document: one tab stop, arrows move in two directions. */
export function Cards() {
  const cards = useShownCards();
  const cursor = useAdapters((state) => state.cursor);
  const problem = useShelf((state) => state.problem);
  const loaded = useShelf((state) => state.loaded);
  const model = useModelName();
  const onPicture = useOnPicture();
  const folderOf = foldersOfNamesakes(useShelf((state) => state.cards));
  const [scroller, room] = useRoom<HTMLDivElement>();
  const { columns, width } = columnsIn(room.width, leastWidth(), GAP);
  const height = Math.round(width / ASPECT) + WORDS_HEIGHT;
  useEffect(() => adaptersStore.setState({ columns }), [columns]);

  // oxlint-disable-next-line react/incompatible-library -- this component is not memoized, so its functions are never stale
  const virtual = useVirtualizer({
    count: room.width > 0 ? Math.ceil(cards.length / columns) : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    gap: GAP,
    overscan: OVERSCAN_ROWS,
    useFlushSync: false,
    paddingStart: 16,
    paddingEnd: 16,
  });
  useEffect(() => virtual.measure(), [virtual, height, columns]);

  // The cursor stays in sight when keys move it.
  const cursorRow = Math.floor(cards.findIndex(({ id }) => id === cursor) / columns);
  const bringIntoView = useEffectEvent((row: number) => virtual.scrollToIndex(row, { align: 'auto' }));
  useEffect(() => {
    if (cursor !== null && cursorRow >= 0) bringIntoView(cursorRow);
  }, [cursor, cursorRow]);

  return (
    <div className="shelf" ref={scroller}>
      {problem ? (
        <NoticeBar
          tone="bad"
          actions={
            <button type="button" className="primary" onClick={() => void refreshShelf()}>
              Try again
            </button>
          }
        >
          {problem.message}
        </NoticeBar>
      ) : null}
      {loaded && cards.length === 0 && !problem ? <EmptyShelf /> : null}
      <div
        className="shelf-rows"
        role="listbox"
        aria-label="Adapters"
        aria-activedescendant={cursor === null ? undefined : `adapter-${cursor}`}
        data-keys="pictures"
        tabIndex={0}
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual
          .getVirtualItems()
          .flatMap(({ index: row, start }) =>
            cards
              .slice(row * columns, (row + 1) * columns)
              .map((card, column) => (
                <Card
                  key={card.id}
                  card={card}
                  model={model}
                  place={row * columns + column}
                  of={cards.length}
                  left={column * (width + GAP)}
                  top={start}
                  width={width}
                  height={height}
                  weight={onPicture.get(card.id) ?? null}
                  folder={folderOf(card)}
                  current={card.id === cursor}
                />
              )),
          )}
      </div>
    </div>
  );
}

/** The design's least widths of a card, by the width of the window. */
function leastWidth(): number {
  if (window.innerWidth < 1200) return 176;
  return window.innerWidth >= 2000 ? 240 : 206;
}

interface CardProps {
  readonly card: AdapterCard;
  readonly model: string;
  readonly place: number;
  readonly of: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** On the picture at this strength; null when it is not. */
  readonly weight: number | null;
  /** Told where another card has the same name. */
  readonly folder: string | null;
  readonly current: boolean;
}

/** Scrolling makes new cards; those already there are not drawn again. */
const Card = memo(function Card(props: CardProps) {
  const { card, model, place, of, left, top, width, height, weight, folder, current } = props;
  const dimmed = card.missing || standingOf(card) === 'other';
  const words = card.triggerWords.map(({ text }) => text);
  return (
    <div
      id={`adapter-${card.id}`}
      role="option"
      aria-selected={current}
      aria-posinset={place + 1}
      aria-setsize={of}
      className={`adapter-card${current ? ' on' : ''}${dimmed ? ' dimmed' : ''}`}
      style={{ transform: `translate(${left}px, ${top}px)`, width, height }}
      onClick={() => open(card.id)}
      onDoubleClick={() => {
        if (weight === null) toggleOrSay(card);
      }}
    >
      <span className="read-only">{spoken(card, model, weight, folder)}</span>
      <span
        className="shot"
        aria-hidden="true"
        title={weight === null ? 'Double-click adds it to the picture' : undefined}
        style={{ height: height - WORDS_HEIGHT }}
      >
        <Preview card={card} />
        <span className="base">{madeFor(card, model)}</span>
        {weight === null ? null : <span className="in-use num">{fixed(weight, 2)}</span>}
      </span>
      <span className="card-words" aria-hidden="true">
        <span className="line">
          <b title={card.title ?? card.name}>
            {card.name}
            {folder === null ? null : <span className="dim"> in {folder}</span>}
          </b>
          <FitMark card={card} title={standingSentence(card, model)} />
        </span>
        <small className="num">{makeWords(card)}</small>
        <span className="foot">
          <span className="chips" title={words.join(', ')}>
            {words.length === 0 ? (
              <span className="dim">no trigger words</span>
            ) : (
              words.slice(0, CHIPS_SHOWN).map((text) => (
                <span key={text} className="chip">
                  <span>{text}</span>
                </span>
              ))
            )}
          </span>
          <Stars rating={card.rating} />
        </span>
      </span>
    </div>
  );
});

/** More would not fit in the narrowest card; all are in the sheet. */
const CHIPS_SHOWN = 3;

/** "LoRA, rank 32 · 37.9 MB" */
function makeWords({ algorithm, rank, bytes: size }: AdapterCard): string {
  const made = rank ? `${algorithmName(algorithm)}, rank ${rangeWords(rank)}` : algorithmName(algorithm);
  return `${made} · ${sizeWords(size)}`;
}

const spoken = (card: AdapterCard, model: string, weight: number | null, folder: string | null): string =>
  [
    folder === null ? card.name : `${card.name} in ${folder}`,
    standingWord(card),
    madeFor(card, model),
    makeWords(card),
    ...(card.rating > 0 ? [plural(card.rating, 'star')] : []),
    ...(weight === null ? [] : [`on the picture at ${fixed(weight, 2)}`]),
  ].join(', ');

/** The picture beside the file; until there is one, or when it cannot be shown, a calm ground with letters. */
function Preview({ card: { id, name, preview } }: { card: AdapterCard }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (preview === null || preview === broken) return <span className="no-picture">{initials(name)}</span>;
  return (
    <img
      src={adapterPreviewUrl(id, preview)}
      alt=""
      decoding="async"
      draggable={false}
      onError={() => setBroken(preview)}
    />
  );
}

/** "flat-ink" -> "FI", "plush" -> "PL". */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0] ?? '') : [...(words[0] ?? '')];
  return letters.slice(0, 2).join('').toUpperCase();
}
