import { basename } from 'node:path';
import type { EvaluationSettings, PictureSource } from '../contracts/evaluation.js';
import type { MetricFacts } from '../contracts/measures.js';
import { StudioError } from '../contracts/studio-error.js';
import { captionsOfFile, captionsOfPictures } from './captions.js';
import type { EvaluationWork, OtherRun } from './evaluate.js';
import { hashSource, setHash, type HashedSource } from './hashed-pictures.js';
import { captionsNetwork, notVerified, setsNetwork, type EvaluationNetwork } from './networks.js';
import { listSource, type ListedSource } from './sources.js';

/** A set of pictures with what each was asked to show. */
export interface CaptionedSource extends HashedSource {
  /** By places in `pictures`; null where no metric asks for captions. */
  readonly captions: readonly (string | null)[] | null;
}

/** Everything that an evaluation is made of, read and checked before anything long begins. */
export interface Gathered {
  /** The metrics asked for, in the order in which they are offered. */
  readonly facts: readonly MetricFacts[];
  /** The network of the metrics on sets, and of those on captions; null where none is asked for. */
  readonly features: EvaluationNetwork | null;
  readonly captions: EvaluationNetwork | null;
  readonly generated: CaptionedSource;
  /** Null where there is none, and where it is statistics. */
  readonly reference: HashedSource | null;
  readonly statistics: { readonly label: string; readonly path: string } | null;
  /** Tells the reference from others: the first digits of a sha256. */
  readonly referenceHash: string | null;
  /** The other run's pictures. */
  readonly against: (CaptionedSource & { readonly name: string }) | null;
  readonly notices: readonly string[];
}

export async function gather(work: EvaluationWork): Promise<Gathered> {
  const { parts, settings, signal, hashes, progress } = work;
  const facts = await factsOf(work);
  const needs = { sets: needing(facts, 'sets'), captions: needing(facts, 'captions') };
  const other = settings.against === null ? null : await otherRun(work, settings.against);

  const listed = await progress.during({ name: 'list', phase: 'listing', what: 'Listing', of: 1 }, async () => ({
    generated: await list(work, settings.generated),
    reference: await listReference(work, needs.sets),
    other: other && (await list(work, other.settings.generated)),
  }));
  const sources = [listed.generated, listed.reference, listed.other];
  for (const [index, source] of sources.entries()) {
    if (source !== null) progress.plan(`hash ${index}`, 'hash', source.pictures.length);
  }
  const hash = async (index: number, source: ListedSource) =>
    progress.during(
      { name: `hash ${index}`, phase: 'listing', what: `Reading “${source.label}”`, of: source.pictures.length },
      (tell) => hashSource(parts.worker, source, { onProgress: tell, signal }),
    );
  // A prompts file that does not match is told before anything is hashed.
  const fromFile = await promptsOfFile(settings, listed.generated, needs.captions);
  const otherFromFile = other && listed.other && (await promptsOfFile(other.settings, listed.other, needs.captions));
  const features = needs.sets ? await setsNetwork({ ...parts, hashes }, settings, signal) : null;
  const captions = needs.captions ? await captionsNetwork({ ...parts, hashes }, settings, signal) : null;
  if (captions !== null) refuseWithoutText(captions);

  const generated = await hash(0, listed.generated);
  const reference = listed.reference && (await hash(1, listed.reference));
  const otherHashed = listed.other && (await hash(2, listed.other));
  const withCaptions = async (source: HashedSource, given: GivenCaptions | null): Promise<CaptionedSource> => ({
    ...source,
    captions: needs.captions ? (given?.captions ?? (await ownCaptions(work, source))) : null,
  });
  const statistics =
    settings.reference?.kind === 'statistics' && needs.sets
      ? { label: basename(settings.reference.path), path: settings.reference.path }
      : null;
  return {
    ...{ facts, features, captions, reference, statistics },
    generated: await withCaptions(generated, fromFile),
    referenceHash: await referenceHash(work, reference, statistics),
    against:
      other === null || otherHashed === null
        ? null
        : { ...(await withCaptions(otherHashed, otherFromFile)), name: other.name },
    notices: [
      ...sources.flatMap((source) => source?.notices ?? []),
      ...(fromFile?.notices ?? []),
      ...[features && notVerified(features)].filter((notice) => notice !== null),
      ...(features?.network.notices ?? []),
      ...(captions?.network.notices ?? []),
    ],
  };
}

async function factsOf({ parts, settings }: EvaluationWork): Promise<MetricFacts[]> {
  const { metrics: offered } = await parts.engine.capabilities();
  const unknown = settings.metrics.find((id) => offered.every((metric) => metric.id !== id));
  if (unknown !== undefined) {
    throw new StudioError(
      'bad-input',
      `There is no metric ${unknown}: choose from ${offered.map(({ id }) => id).join(', ')}.`,
    );
  }
  const facts = offered.filter(({ id }) => settings.metrics.includes(id));
  const onSets = facts.find(({ needs }) => needs === 'sets');
  if (onSets !== undefined && settings.reference === null) {
    throw new StudioError(
      'bad-input',
      `${onSets.label} compares with reference pictures, and there are none: choose some, or leave ${onSets.label} out.`,
    );
  }
  return facts;
}

const needing = (facts: readonly MetricFacts[], needs: MetricFacts['needs']): boolean =>
  facts.some((metric) => metric.needs === needs);

async function otherRun({ parts }: EvaluationWork, id: string): Promise<OtherRun> {
  const other = await parts.otherRun(id);
  if (other === null) {
    throw new StudioError('not-found', 'The run to compare with is not there any more: choose another, or none.');
  }
  return other;
}

/** Throws `bad-input` where there are no pictures. */
async function list({ parts, settings }: EvaluationWork, source: PictureSource): Promise<ListedSource> {
  const listed = await listSource(parts, source, settings.mode);
  if (listed.pictures.length > 0) return listed;
  const [notice = ''] = listed.notices;
  throw new StudioError(
    'bad-input',
    notice !== ''
      ? `“${listed.label}” has no pictures of its own. ${notice}`
      : source.kind === 'folder'
        ? `There are no pictures in ${source.path}: choose a folder with PNG, JPEG, WebP, BMP, TIFF or PPM files.`
        : 'None of these pictures is in the gallery any more.',
    source.kind === 'folder' ? { file: source.path } : {},
  );
}

async function listReference(work: EvaluationWork, isNeeded: boolean): Promise<ListedSource | null> {
  const { reference } = work.settings;
  return !isNeeded || reference === null || reference.kind === 'statistics' ? null : list(work, reference);
}

interface GivenCaptions {
  readonly captions: readonly (string | null)[];
  readonly notices: readonly string[];
}

/** Null where the pictures carry their own. */
async function promptsOfFile(
  { prompts }: EvaluationSettings,
  { pictures, label }: ListedSource,
  isNeeded: boolean,
): Promise<GivenCaptions | null> {
  return prompts === null || !isNeeded ? null : captionsOfFile(prompts, pictures, label);
}

async function ownCaptions(
  { parts, progress, signal }: EvaluationWork,
  { pictures, label }: ListedSource,
): Promise<readonly (string | null)[]> {
  const stretch = { name: `prompts ${label}`, phase: 'listing', of: pictures.length } as const;
  progress.plan(stretch.name, 'hash', stretch.of);
  const { captions } = await progress.during({ ...stretch, what: `Prompts of “${label}”` }, (tell) =>
    captionsOfPictures(parts.worker, pictures, { onProgress: tell, signal }),
  );
  return captions;
}

function refuseWithoutText({ network, used }: EvaluationNetwork): void {
  if (network.readsText) return;
  throw new StudioError(
    'unfit-model',
    `${used.label} has no text tower, so it scores no captions: choose a whole CLIP, or leave the CLIP score out.`,
    { file: network.path },
  );
}

async function referenceHash(
  { hashes, signal }: EvaluationWork,
  reference: HashedSource | null,
  statistics: Gathered['statistics'],
): Promise<string | null> {
  if (statistics !== null) return (await hashes.sha256(statistics.path, signal)).slice(0, 12);
  return reference === null ? null : setHash(reference.hashed).slice(0, 12);
}
