/** Pictures to CLIP's image vectors: each is preprocessed as the model's own settings say and goes through alone. */
import { ModelError } from '../errors.js';
import { clipPixelValues } from '../metrics/clip-preprocessing.js';
import type { RgbPicture } from '../metrics/pillow-resize.js';
import type { Device } from '../runtime/devices.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import type { Network } from '../runtime/network.js';
import { openNetwork } from '../runtime/open-network.js';
import type { ClipPreprocessingFile } from '../weight-formats/clip-folder.js';
import { readClip, readClipPreprocessing } from '../weight-formats/clip-folder.js';
import type { ClipFiles } from '../weight-formats/component-folder.js';

export class ImageFeatures {
  readonly device: Device;
  readonly #files: ClipFiles;
  readonly #settings: ClipPreprocessingFile;
  readonly #network: Network;

  constructor(device: Device, files: ClipFiles, settings: ClipPreprocessingFile, network: Network) {
    this.device = device;
    this.#files = files;
    this.#settings = settings;
    this.#network = network;
  }

  /** Of the model's files, for `verifyFiles`. */
  get identities(): readonly FileIdentity[] {
    return [...this.#files.identities, ...this.#settings.identities];
  }

  /** The picture's vector [P], not normalised. */
  async vector(picture: RgbPicture): Promise<Float32Array> {
    if (picture.rgb.length !== 3 * picture.width * picture.height) {
      const sentence = `A picture of ${picture.width} x ${picture.height} pixels was given as ${picture.rgb.length} bytes, not 3 for each pixel.`;
      throw new ModelError('bad-input', sentence);
    }
    const pixels = clipPixelValues(picture, this.#settings.preprocessing);
    const side = this.#files.config.vision.imageSize;
    const [, , height, width] = pixels.shape;
    if (height !== side || width !== side) {
      const sentence = `${this.#files.label}: its preprocessor_config.json makes ${width} x ${height} pixels of a picture, its network takes ${side} x ${side}.`;
      throw new ModelError('unfit-model', sentence, { file: this.#files.folder });
    }
    const { image_embeds: vector } = await this.#network.run({ pixel_values: pixels });
    if (vector?.dtype !== 'float32') throw new TypeError('clip_image gives float32');
    return vector.data;
  }

  /** Closes the network; memory goes back to the system. */
  release(): Promise<void> {
    return this.#network.release();
  }
}

/** @param modelPath a CLIP's folder, or that of a model which has one (`readClip`) */
export async function loadImageFeatures(modelPath: string, device: Device): Promise<ImageFeatures> {
  const files = await readClip(modelPath);
  const settings = await readClipPreprocessing(files);
  const network = await openNetwork({ component: 'clip_image', files, device, sizes: { batch: 1 } });
  return new ImageFeatures(device, files, settings, network);
}
