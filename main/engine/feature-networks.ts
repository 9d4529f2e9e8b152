import { resolve } from 'node:path';
import type { DeviceId } from '../../app/contracts/capabilities.js';
import type { FeatureNetworkFile } from '../../app/contracts/features.js';
import { loadClipFeatures, type ClipFeatures } from '../../native-models/pipelines/clip-features.js';
import { inceptionImageFeatures, type ImageFeatures } from '../../native-models/pipelines/image-features.js';
import { verifyFiles, type FileIdentity } from '../../native-models/runtime/file-identity.js';
import { readInception } from '../../native-models/weight-formats/inception-file.js';
import { openAIMerges } from './openai-merges.js';

interface Opened {
  readonly path: string;
  readonly device: DeviceId;
  readonly identities: readonly FileIdentity[];
  release(): Promise<void>;
}

/** One network of each kind stays open beside the picture model. Only work that goes one at a time may touch it. */
class Kept<Network extends Opened> {
  #open: Network | null = null;

  constructor(private readonly load: (path: string, device: DeviceId) => Promise<Omit<Network, 'path' | 'device'>>) {}

  async get(given: string, device: DeviceId): Promise<Network> {
    const path = resolve(given);
    if (this.#open?.path === path && this.#open.device === device && (await isUnchanged(this.#open))) return this.#open;
    await this.close();
    const network = { ...(await this.load(path, device)), path, device } as Network;
    this.#open = network;
    return network;
  }

  async close(): Promise<void> {
    const closing = this.#open;
    this.#open = null;
    await closing?.release();
  }
}

const clip = new Kept<ClipFeatures & Opened>((path, device) => loadClipFeatures(path, device, openAIMerges));

const inception = new Kept<{ readonly images: ImageFeatures } & Opened>(async (path, device) => {
  const files = await readInception(path);
  const images = inceptionImageFeatures(files, device);
  return { images, identities: files.identities, release: () => images.release() };
});

/** A CLIP, to be used while nothing else runs. */
export const openClip = (path: string, device: DeviceId): Promise<ClipFeatures> => clip.get(path, device);

/** What makes vectors of pictures, to be used while nothing else runs. */
export async function openImageFeatures(network: FeatureNetworkFile, device: DeviceId): Promise<ImageFeatures> {
  const { images } = await (network.kind === 'clip' ? clip : inception).get(network.path, device);
  return images;
}

/** To be called when nothing runs. */
export async function closeFeatureNetworks(): Promise<void> {
  await clip.close();
  await inception.close();
}

/** Files that changed between two calls are simply read anew. */
function isUnchanged({ identities }: Opened): Promise<boolean> {
  return verifyFiles(identities).then(
    () => true,
    () => false,
  );
}
