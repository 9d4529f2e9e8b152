/**
 * Pictures in rows of equal height that fill the width, as a photo print shop lays them out: each row takes pictures
 * until it is full at the wished height, then is scaled to fit. Sizes are known before any pixel is loaded.
 */
export interface Placed<T> {
  readonly item: T;
  /** Place in the whole list. */
  readonly index: number;
  readonly left: number;
  readonly width: number;
}

export interface Row<T> {
  readonly top: number;
  readonly height: number;
  readonly cells: readonly Placed<T>[];
}

interface Sized {
  readonly width: number;
  readonly height: number;
}

export interface LayoutOptions {
  readonly width: number;
  /** Wished height of a row; rows come out up to a fifth lower or two fifths higher. */
  readonly rowHeight: number;
  readonly gap: number;
}

/** Very wide or very tall pictures take a fair share of a row all the same. */
const NARROWEST = 0.4;
const WIDEST = 3.5;

export function justify<T extends Sized>(items: readonly T[], { width, rowHeight, gap }: LayoutOptions): Row<T>[] {
  const rows: Row<T>[] = [];
  if (width <= 0) return rows;
  let top = 0;
  let start = 0;
  let aspects = 0;
  const close = (end: number, height: number, fill: boolean): void => {
    const cells: Placed<T>[] = [];
    let left = 0;
    for (let index = start; index < end; index += 1) {
      const item = items[index];
      if (!item) continue;
      const last = fill && index === end - 1;
      const cell = last ? width - left : Math.round(aspectOf(item) * height);
      cells.push({ item, index, left, width: Math.max(1, cell) });
      left += cell + gap;
    }
    rows.push({ top, height, cells });
    top += height + gap;
    start = end;
    aspects = 0;
  };
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (!item) continue;
    const withIt = aspects + aspectOf(item);
    const gaps = (index - start) * gap;
    const height = (width - gaps) / withIt;
    if (height > rowHeight) {
      aspects = withIt;
      continue;
    }
    // Full. Close it with this picture or before it, whichever stays nearer to the wished height.
    const before = (width - (gaps - gap)) / aspects;
    if (aspects > 0 && before - rowHeight < rowHeight - height) {
      close(index, Math.round(before), true);
      aspects = aspectOf(item);
      if ((width - 0) / aspects <= rowHeight) close(index + 1, Math.round(width / aspects), true);
    } else {
      close(index + 1, Math.round(height), true);
    }
  }
  if (start < items.length) {
    // As tall as the row above, as far as that fits.
    const fitting = Math.floor((width - (items.length - 1 - start) * gap) / aspects);
    close(items.length, Math.max(1, Math.min(rows.at(-1)?.height ?? rowHeight, fitting)), false);
  }
  return rows;
}

function aspectOf({ width, height }: Sized): number {
  return Math.min(WIDEST, Math.max(NARROWEST, width / height));
}

/** The picture above or below: the one whose middle is nearest, in the next row. */
export function verticalNeighbour<T>(rows: readonly Row<T>[], index: number, direction: 1 | -1): number {
  const at = rows.findIndex(({ cells }) => (cells.at(-1)?.index ?? -1) >= index);
  const from = rows[at]?.cells.find((cell) => cell.index === index);
  const row = rows[at + direction];
  if (!from || !row) return index;
  const middle = from.left + from.width / 2;
  let best = index;
  let nearest = Infinity;
  for (const cell of row.cells) {
    const distance = Math.abs(cell.left + cell.width / 2 - middle);
    if (distance < nearest) [best, nearest] = [cell.index, distance];
  }
  return best;
}
