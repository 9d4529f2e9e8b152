import type { FeatureMap } from '../../app/contracts/measures.js';

/** A picture on the map; `x` and `y` in pixels of the drawing, y downwards. */
export interface MapPoint {
  readonly set: 'generated' | 'reference';
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

interface Room {
  readonly width: number;
  readonly height: number;
}

const MARGIN = 10;

/** Both axes in one scale, as distances are what the map is about; the middle of all points in the middle. */
export function layMap(map: FeatureMap, room: Room): MapPoint[] {
  const all = [
    ...map.generated.map((point) => ({ set: 'generated' as const, ...point })),
    ...map.reference.map((point) => ({ set: 'reference' as const, ...point })),
  ];
  const box = boxOf(all);
  const scale = Math.min(
    (room.width - 2 * MARGIN) / Math.max(box.right - box.left, 1e-9),
    (room.height - 2 * MARGIN) / Math.max(box.top - box.bottom, 1e-9),
  );
  const middle = { x: (box.left + box.right) / 2, y: (box.bottom + box.top) / 2 };
  return all.map(({ x, y, ...rest }) => ({
    ...rest,
    x: room.width / 2 + (x - middle.x) * scale,
    y: room.height / 2 - (y - middle.y) * scale,
  }));
}

function boxOf(points: readonly { x: number; y: number }[]) {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (const { x, y } of points) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.bottom = Math.min(box.bottom, y);
    box.top = Math.max(box.top, y);
  }
  return box;
}

/** From this many marks on they are drawn smaller, so that one set does not hide the other. */
const MANY_MARKS = 1000;
const SMALL = 0.6;

/** One path for a whole set: thousands of marks are one element. Circles and triangles differ without colour. */
export function marksPath(points: readonly MapPoint[], set: MapPoint['set']): string {
  const size = points.length > MANY_MARKS ? SMALL : 1;
  const radius = 2.2 * size;
  const high = 3 * size;
  const side = 5.2 * size;
  const circle = `m-${radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 -${2 * radius} 0`;
  const triangle = `m0 -${high}l${high} ${side}h-${2 * high}z`;
  return points
    .filter((point) => point.set === set)
    .map(({ x, y }) => `M${x.toFixed(1)} ${y.toFixed(1)}${set === 'generated' ? circle : triangle}`)
    .join('');
}

/** The point under the pointer, within `reach` pixels; null where there is none. */
export function nearestPoint(points: readonly MapPoint[], x: number, y: number, reach: number): MapPoint | null {
  let best: MapPoint | null = null;
  let least = reach * reach;
  for (const point of points) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance <= least) [best, least] = [point, distance];
  }
  return best;
}

/** Of an arrow key: the nearest point that lies within 45 degrees of its direction. */
export function neighbourPoint(
  points: readonly MapPoint[],
  from: MapPoint,
  { x: right, y: down }: { readonly x: number; readonly y: number },
): MapPoint {
  let best = from;
  let least = Infinity;
  for (const point of points) {
    const along = (point.x - from.x) * right + (point.y - from.y) * down;
    const across = Math.abs((point.x - from.x) * down) + Math.abs((point.y - from.y) * right);
    if (along <= 0 || across > along) continue;
    const distance = along ** 2 + across ** 2;
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

/** Middle and spread (standard deviation) of a set on the map's own axes. */
export interface Cloud {
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly spreadX: number;
  readonly spreadY: number;
}

export function cloudOf(points: readonly { readonly x: number; readonly y: number }[]): Cloud {
  const count = points.length;
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / Math.max(1, count);
  const x = mean((point) => point.x);
  const y = mean((point) => point.y);
  return {
    count,
    x,
    y,
    spreadX: Math.sqrt(mean((point) => (point.x - x) ** 2)),
    spreadY: Math.sqrt(mean((point) => (point.y - y) ** 2)),
  };
}
