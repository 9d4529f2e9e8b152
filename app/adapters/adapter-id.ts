import { createHash } from 'node:crypto';
import { adapterName } from './adapter-names.js';

/**
 * Readable, and the same for the same path: a file that was taken off and put back keeps its id. The studio's own
 * adapters are known by their names alone, wherever the studio is installed. An id stays with its row when the file
 * moves, so the path's own one may be taken.
 */
export function adapterId(path: string, embedded: boolean, taken: (id: string) => boolean): string {
  const words = adapterName(path)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '');
  const id = embedded
    ? `embedded-${words || 'adapter'}`
    : `${words || 'adapter'}-${createHash('sha256').update(path).digest('hex').slice(0, 6)}`;
  if (!taken(id)) return id;
  for (let again = 2; ; again += 1) if (!taken(`${id}-${again}`)) return `${id}-${again}`;
}
