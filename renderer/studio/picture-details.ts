import { useEffect, useState } from 'react';
import type { Picture } from '../../app/contracts/gallery.js';
import { ask } from '../bridge.js';

/** Whole receipts of pictures that were looked at; small, and never changed but for `kept` and the bin. */
const MOST_KEPT = 300;
const known = new Map<string, Picture>();

export async function pictureDetail(id: string): Promise<Picture> {
  const had = known.get(id);
  if (had) return had;
  const picture = await ask('gallery.get', { id });
  known.set(id, picture);
  if (known.size > MOST_KEPT) known.delete(known.keys().next().value ?? '');
  return picture;
}

export const forgetDetail = (ids: Iterable<string>): void => {
  for (const id of ids) known.delete(id);
};

/** The picture's receipt, or null while it is fetched; keeps the last one shown so that nothing flickers. */
export function usePictureDetail(id: string | null): Picture | null {
  const [detail, setDetail] = useState<Picture | null>(null);
  useEffect(() => {
    let gone = false;
    if (id !== null)
      pictureDetail(id).then(
        (picture) => {
          if (!gone) setDetail(picture);
        },
        () => {
          if (!gone) setDetail(null);
        },
      );
    return () => {
      gone = true;
    };
  }, [id]);
  return detail && detail.id === id ? detail : null;
}
