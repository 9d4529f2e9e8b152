import { useLayoutEffect, useState, type ReactNode } from 'react';
import { pictureUrl, thumbnailUrl } from '../../app/contracts/window.js';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { dragPicture } from '../studio/picture-verbs.js';
import { size } from '../words/numbers.js';
import { Dot } from './dot.js';
import { actualBox, boxFor, useRoom, type PictureBox } from './picture-box.js';

interface PictureViewProps {
  readonly picture: Pick<PictureSummary, 'id' | 'width' | 'height' | 'title' | 'missing'>;
  readonly box: PictureBox;
  readonly onLoad?: () => void;
  /** What lies behind until the pixels are there. */
  readonly children?: ReactNode;
}

/** A finished picture in its box. The box is there before the pixels, which come on top of the thumbnail. */
export function PictureView({ picture, box, onLoad, children }: PictureViewProps) {
  const [loaded, setLoaded] = useState('');
  return (
    <figure
      className="picture"
      style={{ width: box.width, height: box.height }}
      draggable={!picture.missing}
      onDragStart={(event) => {
        event.preventDefault();
        dragPicture(picture.id);
      }}
    >
      {children ?? (loaded === picture.id ? null : <img src={thumbnailUrl(picture.id)} alt="" className="behind" />)}
      {picture.missing ? (
        <p className="missing">Its file is gone from the disk.</p>
      ) : (
        <img
          key={picture.id}
          src={pictureUrl(picture.id)}
          alt={picture.title === '' ? 'Picture without a prompt' : picture.title}
          className={box.crisp ? 'crisp' : ''}
          data-loaded={loaded === picture.id || undefined}
          decoding="async"
          onLoad={() => {
            setLoaded(picture.id);
            onLoad?.();
          }}
        />
      )}
    </figure>
  );
}

/** Device pixels per CSS pixel; changes when the window moves to another screen. */
export function useDensity(): number {
  const [density, setDensity] = useState(window.devicePixelRatio);
  useLayoutEffect(() => {
    const query = window.matchMedia(`(resolution: ${density}dppx)`);
    const change = (): void => setDensity(window.devicePixelRatio);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, [density]);
  return density;
}

interface FullViewProps {
  readonly picture: PictureSummary;
  readonly actualSize: boolean;
  /** Before the size in the line below: which of how many. */
  readonly place?: string;
  /** At the end of that line. */
  readonly actions: ReactNode;
}

/** Full view: the picture and nothing else, whole or at 100 %. */
export function FullView({ picture, actualSize, place, actions }: FullViewProps) {
  const [ref, room] = useRoom<HTMLDivElement>();
  const density = useDensity();
  const box = actualSize ? actualBox(picture, density) : boxFor(room, picture, density);
  return (
    <div className="full-view" role="group" aria-label="Full view">
      <div className={`full-stage${actualSize ? ' actual' : ''}`} ref={ref}>
        {room.width > 0 ? <PictureView picture={picture} box={box} /> : null}
      </div>
      <div className="caption">
        <span className="what">
          {place === undefined ? null : (
            <>
              <b className="num">{place}</b>
              <Dot />
            </>
          )}
          <span className="num">{size(picture.width, picture.height)}</span>
          <Dot />
          <span className="num">{Math.round(box.scale * 100)} %</span>
        </span>
        <span className="do">{actions}</span>
      </div>
    </div>
  );
}
