import type { UsedNetwork } from '../contracts/evaluation.js';
import type { PictureMode } from '../contracts/features.js';
import type { Measured, MetricFacts } from '../contracts/measures.js';

/** What each mode does to a picture before an Inception sees it, in the words of papers' protocol lines. */
const resizing: Readonly<Record<PictureMode, string>> = {
  'pytorch-fid': 'bilinear-299 (torch, no antialias), 2x-1',
  'clean-fid': 'PIL-bicubic-299, (x-128)/128',
  'torch-fidelity': 'TF1-bilinear-299, (x-128)/128',
};

interface ProtocolContext {
  readonly mode: PictureMode;
  /** Tells the reference from others: the first digits of a sha256. */
  readonly referenceHash: string | null;
  /** The studio's own: `0.1.0`. */
  readonly version: string;
}

/** The line to paste into a paper: everything that changes the number. */
export function protocolLine(
  id: string,
  facts: MetricFacts,
  { n: [generated, reference] }: Measured,
  network: UsedNetwork | null,
  { mode, referenceHash, version }: ProtocolContext,
): string {
  const weights = network === null ? [] : [`${network.label} sha256:${network.sha256.slice(0, 12)}`];
  const isInception = facts.needs === 'sets' && network?.comparable === true;
  const preparation = isInception ? [`${mode}: ${resizing[mode]}`] : ['CLIP preprocessing'];
  const prefix = facts.captionPrefix === '' ? [] : [`prefix “${facts.captionPrefix}”`];
  const sizes = facts.needs === 'sets' ? `N=${generated}/${reference ?? '?'}` : `N=${generated}`;
  const to = facts.needs === 'sets' && referenceHash !== null ? [`ref=${referenceHash}`] : [];
  const parts = [...weights, ...preparation, ...prefix, sizes, ...to, `inkstone ${version}`];
  return `${id}[${parts.join(', ')}]`;
}
