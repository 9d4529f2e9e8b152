import { useId, useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { EvaluationResult, EvaluationRun } from '../../app/contracts/evaluation.js';
import type { FeatureMap } from '../../app/contracts/measures.js';
import { evaluatedPictureUrl } from '../../app/contracts/window.js';
import { count, fixed } from '../words/numbers.js';
import { cloudOf, layMap, marksPath, nearestPoint, neighbourPoint, type Cloud, type MapPoint } from './map-layout.js';

interface FeatureMapFigureProps {
  readonly run: EvaluationRun;
  readonly result: EvaluationResult;
  readonly map: FeatureMap;
}

const WIDTH = 360;
const HEIGHT = 232;
/** Pixels of the drawing within which the pointer means a mark. */
const REACH = 12;
/** Of the picture that a mark stands for. */
const SHOWN_SIDE = 112;

/** Both sets in one plane: dots and triangles; pointed at or walked to with arrows, a mark shows its picture. */
export function FeatureMapFigure({ run, result, map }: FeatureMapFigureProps) {
  const describedBy = useId();
  const points = useMemo(() => layMap(map, { width: WIDTH, height: HEIGHT }), [map]);
  const [at, setAt] = useState<MapPoint | null>(null);
  const statistics = result.reference === null || map.reference.length === 0;
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = WIDTH / box.width;
    setAt(nearestPoint(points, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale, REACH));
  };
  const walk = (event: KeyboardEvent): void => {
    const to = arrows[event.key];
    if (event.key === 'Escape' && at) setAt(null);
    else if (to) setAt((from) => (from ? neighbourPoint(points, from, to) : (points[0] ?? null)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <figure className="plot map">
      <figcaption>
        <span>
          <b>Map of {statistics ? 'the pictures' : 'both sets'}</b>{' '}
          <span className="dim num">{shownWords(map, result)}</span>
        </span>
        <span className="key" aria-hidden="true">
          <svg width="10" height="10">
            <circle cx="5" cy="5" r="3" className="mark-a" />
          </svg>
          {run.name}
          {statistics ? null : (
            <>
              <svg width="10" height="10">
                <path d="M5 1.5 9 8.5H1z" className="mark-b" />
              </svg>
              reference
            </>
          )}
        </span>
      </figcaption>
      <div
        className="map-ground"
        role="group"
        aria-label="Map of features: arrows walk from picture to picture"
        aria-describedby={describedBy}
        tabIndex={0}
        onKeyDown={walk}
        onBlur={() => setAt(null)}
      >
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label={mapSentence(map)}
          onPointerMove={point}
          onPointerLeave={() => setAt(null)}
        >
          <path d={marksPath(points, 'reference')} className="mark-b" />
          <path d={marksPath(points, 'generated')} className="mark-a" />
          {at ? <circle cx={at.x} cy={at.y} r={6} className="ring" /> : null}
        </svg>
        {at ? <Shown run={run.id} point={at} /> : null}
        <span className="read-only" role="status">
          {at ? pointWords(at) : ''}
        </span>
      </div>
      <p className="note num" id={describedBy}>
        {mapSentence(map)}
      </p>
      <CloudsTable map={map} name={run.name} />
    </figure>
  );
}

const arrows: Record<string, { readonly x: number; readonly y: number }> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

const pointWords = ({ set, index }: MapPoint): string =>
  `${set === 'generated' ? 'Generated' : 'Reference'} picture ${count(index + 1)}`;

/** The picture of a mark, at the side of it that has room. */
function Shown({ run, point }: { run: string; point: MapPoint }) {
  const left = point.x < WIDTH / 2;
  const above = point.y > HEIGHT / 2;
  const style = {
    [left ? 'left' : 'right']: `calc(${((left ? point.x : WIDTH - point.x) / WIDTH) * 100}% + 12px)`,
    [above ? 'bottom' : 'top']: `${((above ? HEIGHT - point.y : point.y) / HEIGHT) * 100}%`,
  };
  return (
    <span className="map-picture float" style={style} aria-hidden="true">
      <img
        key={`${point.set} ${point.index}`}
        src={evaluatedPictureUrl(run, point.set, point.index)}
        alt=""
        width={SHOWN_SIDE}
        height={SHOWN_SIDE}
      />
      <small className="num">{pointWords(point)}</small>
    </span>
  );
}

/** "1 in 6 shown"; nothing where all are. */
export function shownWords(map: FeatureMap, { generated, reference }: EvaluationResult): string {
  const all = generated.count + (map.reference.length > 0 ? (reference?.count ?? 0) : 0);
  const shown = map.generated.length + map.reference.length;
  return shown === 0 || shown >= all ? '' : `${count(shown)} of ${count(all)} shown`;
}

/** Spreads that differ by less are called alike. */
const ALIKE_WITHIN = 0.1;

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What is to be seen, and how much of it can be seen in two dimensions. */
export function mapSentence({ generated, reference, shares }: FeatureMap): string {
  const seen = `The two axes show ${percent(shares[0] + shares[1])} of the variance.`;
  if (generated.length === 0 || reference.length === 0) return seen;
  const ours = cloudOf(generated);
  const theirs = cloudOf(reference);
  const apart = Math.hypot(ours.x - theirs.x, ours.y - theirs.y);
  const ratio = spreadOf(theirs) > 0 ? spreadOf(ours) / spreadOf(theirs) : 1;
  const alike = Math.abs(ratio - 1) < ALIKE_WITHIN;
  const wider = alike ? 'spread about as wide as' : `spread ${fixed(ratio, 1)} times as wide as`;
  return `The middles of both sets are ${fixed(apart, 2)} apart; the generated pictures are ${wider} the reference. ${seen}`;
}

const spreadOf = ({ spreadX, spreadY }: Cloud): number => Math.hypot(spreadX, spreadY);

function CloudsTable({ map, name }: { map: FeatureMap; name: string }) {
  const rows = [
    { label: name, cloud: cloudOf(map.generated) },
    ...(map.reference.length > 0 ? [{ label: 'reference', cloud: cloudOf(map.reference) }] : []),
  ];
  return (
    <table className="read-only">
      <caption>Where the sets lie on the map, in units of the first axis’s spread</caption>
      <thead>
        <tr>
          <th scope="col">Set</th>
          <th scope="col">Pictures shown</th>
          <th scope="col">Middle</th>
          <th scope="col">Spread along the axes</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ label, cloud }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>{count(cloud.count)}</td>
            <td>
              {fixed(cloud.x, 2)}, {fixed(cloud.y, 2)}
            </td>
            <td>
              {fixed(cloud.spreadX, 2)}, {fixed(cloud.spreadY, 2)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
