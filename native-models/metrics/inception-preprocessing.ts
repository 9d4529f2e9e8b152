/**
 * From a picture's pixels to what the FID Inception takes, in the ways of the three tools that published numbers come
 * from. They differ in how they resize and in what 0 and 255 become; the aspect is lost in all of them.
 *
 * References:
 * - pytorch-fid 0.3.0, pytorch_fid/inception.py: levels to 0..1, torch's bilinear, then 2x - 1
 * - clean-fid 0.1.35, cleanfid/resize.py build_resizer("clean"): Pillow's bicubic on float32 channels, kept within
 *   0..255 and not rounded; inception_torchscript.py: (x - 128) / 128
 * - torch-fidelity 0.4.0, feature_extractor_inceptionv3.py: TensorFlow 1's bilinear, (x - 128) / 128
 */
import type { RgbPicture } from './resizers/rgb-picture.js';
import { resizeBicubicFloat } from './resizers/pillow-bicubic-float.js';
import { resizeTensorflowBilinear } from './resizers/tensorflow-bilinear.js';
import { resizeTorchBilinear } from './resizers/torch-bilinear.js';

export type InceptionMode = 'pytorch-fid' | 'clean-fid' | 'torch-fidelity';

/** Pixels a side of what the network takes. */
export const INCEPTION_SIDE = 299;

/** The picture as the network's input: [3, 299, 299] float32. */
export function inceptionPixelValues(picture: RgbPicture, mode: InceptionMode): Float32Array {
  const side = INCEPTION_SIDE;
  switch (mode) {
    case 'pytorch-fid':
      return planes(resizeTorchBilinear(picture, side, side, PARTS), (part) => 2 * part - 1);
    case 'clean-fid':
      return planes(
        resizeBicubicFloat(picture, side, side),
        (level) => (Math.min(Math.max(level, 0), 255) - 128) / 128,
      );
    case 'torch-fidelity':
      return planes(resizeTensorflowBilinear(picture, side, side, LEVELS), (level) => (level - 128) / 128);
  }
}

const LEVELS = Float32Array.from({ length: 256 }, (_, level) => level);
const PARTS = LEVELS.map((level) => level / 255);

/** [H, W, 3] to [3, H, W], each number scaled. */
function planes(interleaved: Float32Array, scale: (value: number) => number): Float32Array {
  const area = interleaved.length / 3;
  const out = new Float32Array(interleaved.length);
  for (let i = 0, from = 0; i < area; i++, from += 3) {
    out[i] = scale(interleaved[from]!);
    out[area + i] = scale(interleaved[from + 1]!);
    out[2 * area + i] = scale(interleaved[from + 2]!);
  }
  return out;
}
