import { useEffect, useRef } from 'react';
import { showPreviewOn } from './preview-painter.js';

/** A picture as it looked after its job's last step; without an id, that of the running job. */
export function PreviewCanvas({ label, jobId = null }: { label?: string; jobId?: string | null }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => (ref.current ? showPreviewOn(ref.current, jobId) : undefined), [jobId]);
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
