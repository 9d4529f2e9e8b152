/**
 * Pictures to vectors: what a network that sees pictures makes of them, a batch at a time. One loop for CLIP's vision
 * tower and for FID's Inception.
 *
 * B batch, S side of the pictures, D width of the vectors.
 */
import { fidInceptionSizes } from '../architectures/fid-inception.js';
import { ModelError } from '../errors.js';
import { clipPixelValues } from '../metrics/clip-preprocessing.js';
import type { ClipPreprocessing } from '../metrics/clip-preprocessing.js';
import type { RgbPicture } from '../metrics/resizers/rgb-picture.js';
import type { Device } from '../runtime/devices.js';
import type { Network } from '../runtime/network.js';
import { openNetwork } from '../runtime/open-network.js';
import { floats } from '../runtime/tensor.js';
import type { ClipFiles } from '../weight-formats/component-folder.js';
import type { InceptionFiles } from '../weight-formats/inception-file.js';

/**
 * Pictures that go through side by side. Inception takes no less time for each of them in a batch than alone, and from 16
 * on more (its activations leave the cache); what a batch saves is calls, which count for CLIP's small pictures.
 */
export const pictureBatches = { inception: 4, clip: 8 } as const;

interface ImageNetwork {
  /** What messages call it. */
  readonly label: string;
  /** S */
  readonly side: number;
  /** D */
  readonly dimensions: number;
  readonly batch: number;
  /** The output that holds the vectors. */
  readonly output: string;
  open(batch: number): Promise<Network>;
}

export class ImageFeatures {
  readonly #network: ImageNetwork;
  /** By batch: the whole one, and a single picture for what is left over. Each is opened when it is first needed. */
  readonly #opened = new Map<number, Network>();

  constructor(network: ImageNetwork) {
    this.#network = network;
  }

  get side(): number {
    return this.#network.side;
  }

  get dimensions(): number {
    return this.#network.dimensions;
  }

  /** @returns [count, D], not normalised @param pixels [count, 3, S, S], prepared as the network wants it */
  async vectors(pixels: Float32Array, count: number): Promise<Float32Array<ArrayBuffer>> {
    const { label, side, dimensions, batch: whole, output } = this.#network;
    const size = 3 * side * side;
    if (pixels.length !== count * size) {
      const sentence = `${label} takes pictures of ${side} x ${side} pixels: ${count} of them are ${count * size} numbers, not ${pixels.length}.`;
      throw new ModelError('bad-input', sentence);
    }
    const vectors = new Float32Array(count * dimensions);
    for (let done = 0; done < count;) {
      const batch = count - done >= whole ? whole : 1;
      const network = await this.#open(batch);
      const part = pixels.subarray(done * size, (done + batch) * size);
      const { [output]: result } = await network.run({ pixel_values: floats([batch, 3, side, side], part) });
      if (result?.dtype !== 'float32') throw new TypeError(`${output} is float32`);
      vectors.set(result.data, done * dimensions);
      done += batch;
    }
    return vectors;
  }

  /** Closes the network; memory goes back to the system. */
  async release(): Promise<void> {
    const networks = [...this.#opened.values()];
    this.#opened.clear();
    for (const network of networks) await network.release();
  }

  async #open(batch: number): Promise<Network> {
    const opened = this.#opened.get(batch) ?? (await this.#network.open(batch));
    this.#opened.set(batch, opened);
    return opened;
  }
}

/** CLIP's vision tower. */
export function clipImageFeatures(files: ClipFiles, device: Device): ImageFeatures {
  const { imageSize, projection } = files.config.vision;
  return new ImageFeatures({
    label: files.label,
    side: imageSize,
    dimensions: projection,
    batch: pictureBatches.clip,
    output: 'image_embeds',
    open: (batch) => openNetwork({ component: 'clip_image', files, device, sizes: { batch } }),
  });
}

/** FID's Inception: the 2048 features of its last pool. */
export function inceptionImageFeatures(files: InceptionFiles, device: Device): ImageFeatures {
  return new ImageFeatures({
    label: files.label,
    side: fidInceptionSizes.side,
    dimensions: fidInceptionSizes.features,
    batch: pictureBatches.inception,
    output: 'pool3',
    open: (batch) => openNetwork({ component: 'inception', files, device, sizes: { batch } }),
  });
}

/** One picture's CLIP vector [D], not normalised. */
export async function clipVector(
  features: ImageFeatures,
  picture: RgbPicture,
  preprocessing: ClipPreprocessing,
): Promise<Float32Array> {
  if (picture.rgb.length !== 3 * picture.width * picture.height) {
    const sentence = `A picture of ${picture.width} x ${picture.height} pixels was given as ${picture.rgb.length} bytes, not 3 for each pixel.`;
    throw new ModelError('bad-input', sentence);
  }
  return features.vectors(clipPixelValues(picture, preprocessing).data, 1);
}
