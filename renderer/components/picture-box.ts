import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** How a picture lies on its stage: sizes in CSS pixels, and whether its own pixels are to be seen as squares. */
export interface PictureBox {
  readonly width: number;
  readonly height: number;
  readonly crisp: boolean;
  /** Device pixels for one of the picture's. */
  readonly scale: number;
}

/**
 * From this enlargement on, smoothing would only blur: the picture's pixels are shown as what they are, squares of a
 * whole number of device pixels.
 */
const CRISP_FROM = 4;

/** The largest box of the picture's aspect in the room there is; `density` is device pixels per CSS pixel. */
export function boxFor(
  room: { width: number; height: number },
  picture: { width: number; height: number },
  density: number,
): PictureBox {
  const fit = Math.min(room.width / picture.width, room.height / picture.height) * density;
  if (!(fit > 0)) return { width: 0, height: 0, crisp: false, scale: 0 };
  const crisp = fit >= CRISP_FROM;
  const scale = crisp ? Math.floor(fit) : fit;
  const side = (pixels: number): number => (crisp ? pixels * scale : Math.floor(pixels * scale)) / density;
  return { width: side(picture.width), height: side(picture.height), crisp, scale };
}

/** 100 %: one device pixel for one of the picture's. */
export const actualBox = (picture: { width: number; height: number }, density: number): PictureBox => ({
  width: picture.width / density,
  height: picture.height / density,
  crisp: true,
  scale: 1,
});

/** The element's inner size, kept up to date. */
export function useRoom<E extends HTMLElement>(): [RefObject<E | null>, { width: number; height: number }] {
  const ref = useRef<E>(null);
  const [room, setRoom] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const read = (): void => {
      const style = getComputedStyle(element);
      const width = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const height = element.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
      setRoom((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, room];
}
