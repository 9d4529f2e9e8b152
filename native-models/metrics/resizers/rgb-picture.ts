/** Row-major RGB, 3 bytes a pixel. */
export interface RgbPicture {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}
