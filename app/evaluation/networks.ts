import { basename, join } from 'node:path';
import type { EvaluationSettings, UsedNetwork } from '../contracts/evaluation.js';
import type { FeatureNetwork, FeatureNetworkFile } from '../contracts/features.js';
import type { Engine } from '../contracts/engine.js';
import type { FileHashes } from './file-hashes.js';

/** A network of an evaluation: how it is run, and what is said of it. */
export interface EvaluationNetwork {
  readonly network: FeatureNetwork;
  readonly used: UsedNetwork;
}

export interface NetworkParts {
  readonly engine: Pick<Engine, 'featureNetwork'>;
  /** Where the model of a library id, a name or a path lies. */
  readonly modelPath: (wish: string) => Promise<string>;
  readonly embeddedModels: string;
  readonly hashes: Pick<FileHashes, 'sha256'>;
}

type Wish = Pick<EvaluationSettings, 'inception' | 'clip' | 'mode'>;

/** The network whose vectors of two sets are compared: the person's FID Inception, else the embedded CLIP. */
export async function setsNetwork(parts: NetworkParts, wish: Wish, signal: AbortSignal): Promise<EvaluationNetwork> {
  if (wish.inception === null) return openNetwork(parts, embeddedClip(parts), wish, { comparable: false, signal });
  const file = { kind: 'inception' as const, path: await parts.modelPath(wish.inception) };
  return openNetwork(parts, file, wish, { comparable: true, signal });
}

/** The network that scores captions: a CLIP of the person's own, else the embedded one. */
export async function captionsNetwork(
  parts: NetworkParts,
  wish: Wish,
  signal: AbortSignal,
): Promise<EvaluationNetwork> {
  if (wish.clip === null) return openNetwork(parts, embeddedClip(parts), wish, { comparable: false, signal });
  const file = { kind: 'clip' as const, path: await parts.modelPath(wish.clip) };
  return openNetwork(parts, file, wish, { comparable: true, signal });
}

const embeddedClip = ({ embeddedModels }: NetworkParts): FeatureNetworkFile => ({
  kind: 'clip',
  path: join(embeddedModels, 'pictures'),
});

async function openNetwork(
  { engine, hashes }: NetworkParts,
  file: FeatureNetworkFile,
  { mode }: Pick<Wish, 'mode'>,
  { comparable, signal }: { readonly comparable: boolean; readonly signal: AbortSignal },
): Promise<EvaluationNetwork> {
  const network = await engine.featureNetwork({ ...file, mode });
  const sha256 = await hashes.sha256(network.hashedFile, signal);
  const label = comparable ? network.label : 'Embedded CLIP';
  const checked = checkedByName(network.hashedFile, sha256);
  return { network, used: { label, sha256, dimensions: network.dimensions, comparable, checked } };
}

/**
 * torch's download tools end a file's name with the first digits of its sha256, and refuse a file that has another
 * (torch/hub.py, `HASH_REGEX`): `pt_inception-2015-12-05-6726825d.pth`. No other published checksum is known here.
 */
export function checkedByName(file: string, sha256: string): UsedNetwork['checked'] {
  const hash = /-([a-f0-9]{8,64})\.(?:pth|pt)$/i.exec(basename(file))?.[1];
  if (hash === undefined) return 'not verified';
  return sha256.toLowerCase().startsWith(hash.toLowerCase()) ? 'verified' : 'does not match';
}

/** Null where there is nothing to say. Only the FID Inception has a published file whose numbers are everyone’s. */
export function notVerified({ network: { kind }, used }: EvaluationNetwork): string | null {
  if (kind !== 'inception' || used.checked !== 'not verified') return null;
  return `${used.label} is not verified: its name has no published hash of this file; the numbers are pytorch-fid’s only if the weights are.`;
}
