import type { EvaluatedSet, MetricResult, UsedNetwork } from '../contracts/evaluation.js';
import { showNumber } from '../contracts/measured-digits.js';
import { warningsOfKinds, type PictureKinds } from './picture-kinds.js';
import type { LostPictures } from './set-vectors.js';
import { pictureCount } from './sources.js';
import { smallest } from './verdict.js';

/** What is known of an evaluation when its numbers are there. */
export interface Known {
  readonly generated: EvaluatedSet;
  readonly reference: EvaluatedSet | null;
  readonly against: Pick<EvaluatedSet, 'label' | 'count'> | null;
  readonly features: UsedNetwork | null;
  readonly captions: UsedNetwork | null;
  readonly metrics: readonly MetricResult[];
  readonly kinds: { readonly generated: PictureKinds | null; readonly reference: PictureKinds | null };
  /** Generated pictures, and the other run's, whose content the reference holds too. */
  readonly shared: number;
  readonly otherShared: number;
  /** Both sets hold the same pictures, each as often. */
  readonly identical: boolean;
  /** Of each set. */
  readonly lost: readonly LostPictures[];
  /** Generated pictures whose files can be read. */
  readonly readable: number;
  /** Of them: those with no caption; and captions that were longer than the network reads. */
  readonly uncaptioned: number;
  readonly cutCaptions: number;
  /** Differences that Holm's rule took back. */
  readonly heldBack: readonly string[];
  /** An Inception squashes a picture to a square; CLIP crops it. */
  readonly squashes: boolean;
}

/** What the numbers cannot carry, and why: one plain sentence each, the gravest first. */
export function warningsOf(known: Known): string[] {
  const { metrics, kinds, identical } = known;
  return [
    ...known.lost.flatMap(manyLost),
    ...(identical ? [] : metrics.flatMap((metric) => doNotQuote(metric, metrics))),
    ...networkWarnings(known),
    ...otherFloors(metrics),
    ...unequalSizes(known),
    ...heldBack(known),
    ...sameContent(known),
    ...warningsOfKinds(kinds.generated, kinds.reference, known.squashes),
    ...transparency(known.generated),
    ...(known.reference === null ? [] : transparency(known.reference)),
    ...captionWarnings(known),
  ];
}

/** A set that lost more than a tenth is not the one that was chosen. */
function manyLost({ label, listed, lost }: LostPictures): string[] {
  if (lost <= listed / 10) return [];
  return [
    `${lost.toLocaleString('en')} of the ${pictureCount(listed)} in “${label}” vanished or could not be read: the numbers are of the other ${(listed - lost).toLocaleString('en')}.`,
  ];
}

/** A Frechet distance of few pictures reads too high, by a known amount. */
function doNotQuote(metric: MetricResult, all: readonly MetricResult[]): string[] {
  if (metric.metric !== 'fid' || metric.value === null || !metric.belowFloor) return [];
  const [generated, reference] = metric.n;
  const sizes =
    reference === null || reference === generated
      ? pictureCount(generated)
      : `${generated.toLocaleString('en')} generated and ${reference.toLocaleString('en')} reference pictures`;
  const bias = metric.bias === null ? '' : ` about ${biasInWords(metric.bias)}`;
  const instead = all.find(({ metric: id, value }) => id === 'kid' && value !== null);
  const compare = instead === undefined ? '' : ` Compare by ${instead.label}.`;
  return [
    `Do not quote the ${metric.label} of this run. With ${sizes} it reads${bias} too high; it needs ${metric.floor.toLocaleString('en')} or more.${compare}`,
  ];
}

/** Two digits: it is an estimate. */
const biasInWords = (bias: number): string =>
  showNumber(bias, Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(Math.max(Math.abs(bias), 1e-8))))));

function networkWarnings({ features, captions }: Known): string[] {
  const networks = [features, captions].filter((network) => network !== null);
  const wrong = networks.filter(({ checked }) => checked === 'does not match');
  return [...new Set(wrong.map(({ label }) => label))].map(
    (label) =>
      `${label} is not the file that its name promises: the hash in the name is not its own, so its numbers may agree with nobody’s.`,
  );
}

/** All but FID, which has a sentence of its own. */
function otherFloors(metrics: readonly MetricResult[]): string[] {
  const below = metrics.filter(({ metric, value, belowFloor }) => belowFloor && value !== null && metric !== 'fid');
  if (below.length === 0) return [];
  const least = Math.min(...below.map(smallest));
  const list = below.map(({ label, floor }) => `${label} (${floor.toLocaleString('en')})`).join(', ');
  return [`${pictureCount(least)} ${least === 1 ? 'is' : 'are'} fewer than these need to say much: ${list}.`];
}

function unequalSizes({ generated, against }: Known): string[] {
  if (against === null || against.count === generated.count) return [];
  return [
    `“${generated.label}” holds ${pictureCount(generated.count)} and “${against.label}” ${against.count.toLocaleString('en')}: metrics on sets depend on how many there are, so they are not ranked by them.`,
  ];
}

function heldBack({ heldBack: labels, metrics }: Known): string[] {
  if (labels.length === 0) return [];
  const told = metrics.filter(({ against }) => against?.difference != null).length;
  return [
    `${told} differences are told at once, and with so many one looks clear by chance more often: ${labels.join(', ')} ${labels.length === 1 ? 'does' : 'do'} not hold by Holm’s rule.`,
  ];
}

function sameContent({ generated, reference, against, shared, otherShared, identical }: Known): string[] {
  const copies = [generated, ...(reference === null ? [] : [reference])].flatMap(({ label, duplicates, count }) =>
    duplicates === 0
      ? []
      : [
          `${duplicates.toLocaleString('en')} of ${pictureCount(count)} in “${label}” are copies of others in it: they count, and the intervals look narrower than they are.`,
        ],
  );
  const other =
    otherShared === 0 || against === null || reference === null
      ? []
      : [
          `${otherShared.toLocaleString('en')} of the ${pictureCount(against.count)} in “${against.label}” ${otherShared === 1 ? 'is' : 'are'} in “${reference.label}” too, to the last bit: it scores too well, and the comparison with it does not hold.`,
        ];
  if (shared === 0 || reference === null) return [...other, ...copies];
  return [
    identical
      ? `“${generated.label}” and “${reference.label}” hold the same pictures: every distance is that of a set to itself.`
      : `${shared.toLocaleString('en')} of the ${pictureCount(generated.count)} in “${generated.label}” ${shared === 1 ? 'is' : 'are'} in “${reference.label}” too, to the last bit: a set that holds its own reference scores too well.`,
    ...other,
    ...copies,
  ];
}

function transparency({ label, notes }: EvaluatedSet): string[] {
  const count = notes.find(({ note }) => note === 'transparency dropped')?.count ?? 0;
  if (count === 0) return [];
  return [
    `${pictureCount(count)} in “${label}” ${count === 1 ? 'has' : 'have'} transparency: it is dropped as Pillow drops it, and colours that were hidden count.`,
  ];
}

function captionWarnings({ captions, generated, readable, uncaptioned, cutCaptions }: Known): string[] {
  if (captions === null) return [];
  return [
    ...(uncaptioned === 0
      ? []
      : [
          `${uncaptioned.toLocaleString('en')} of ${pictureCount(readable)} in “${generated.label}” ${uncaptioned === 1 ? 'has' : 'have'} no caption and ${uncaptioned === 1 ? 'is' : 'are'} left out of the metrics on captions.`,
        ]),
    ...(cutCaptions === 0
      ? []
      : [
          `${cutCaptions.toLocaleString('en')} ${cutCaptions === 1 ? 'caption is' : 'captions are'} longer than the network reads: only ${cutCaptions === 1 ? 'its' : 'their'} beginning counts.`,
        ]),
  ];
}
