import { useState } from 'react';
import type { ShownPicture } from '../../app/contracts/evaluation.js';
import { evaluatedPictureUrl } from '../../app/contracts/window.js';

interface EvaluatedPictureProps {
  readonly run: string;
  readonly picture: ShownPicture;
}

/** A small picture of a set, whole and in its own proportions; its file may be gone since. */
export function EvaluatedPicture({ run, picture: { set, index, name } }: EvaluatedPictureProps) {
  const [gone, setGone] = useState(false);
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
          onError={() => setGone(true)}
        />
      )}
    </span>
  );
}
