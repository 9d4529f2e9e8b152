import { useEffect, useRef } from 'react';
import { showPreviewOn } from './preview-painter.js';

/** The running picture as it looks after the last step. */
export function PreviewCanvas({ label }: { label?: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => (ref.current ? showPreviewOn(ref.current) : undefined), []);
  return (
    <canvas
      ref={ref}
      className="preview"
      role={label === undefined ? undefined : 'img'}
      aria-label={label}
      aria-hidden={label === undefined || undefined}
    />
  );
}
