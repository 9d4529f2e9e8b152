import { useState } from 'react';
import type { ShownPicture } from '../../app/contracts/evaluation.js';
import { evaluatedPictureUrl } from '../../app/contracts/window.js';

interface EvaluatedPictureProps {
  readonly run: string;
  readonly picture: ShownPicture;
}

/** From this enlargement on its own pixels are shown as squares. */
const CRISP_FROM = 2;

/** `contain` leaves room at two sides; the tighter one tells. */
function isEnlarged({ naturalWidth, naturalHeight, clientWidth, clientHeight }: HTMLImageElement): boolean {
  const scale = Math.min(clientWidth / naturalWidth, clientHeight / naturalHeight) * window.devicePixelRatio;
  return scale >= CRISP_FROM;
}

/** A small picture of a set, whole and in its own proportions; its file may be gone since. */
export function EvaluatedPicture({ run, picture: { set, index, name } }: EvaluatedPictureProps) {
  const [gone, setGone] = useState(false);
  const [crisp, setCrisp] = useState(false);
  return (
    <span className="evaluated" title={name}>
      {gone ? (
        <span className="gone">File gone</span>
      ) : (
        <img
          src={evaluatedPictureUrl(run, set, index)}
          alt={name}
          loading="lazy"
          decoding="async"
          draggable={false}
          className={crisp ? 'crisp' : ''}
          onLoad={({ currentTarget }) => setCrisp(isEnlarged(currentTarget))}
          onError={() => setGone(true)}
        />
      )}
    </span>
  );
}
