import { captionedPictures, prefixesOf } from './captioned-pictures.js';
import type { EvaluationWork } from './evaluate.js';
import type { Gathered } from './gather.js';
import type { EvaluationNetwork } from './networks.js';

/**
 * All that is to come once the pictures are listed, so that the time left counts both sets and the captions from the
 * beginning, and of them only what really has to be computed.
 */
export async function planWork({ store, progress }: EvaluationWork, gathered: Gathered): Promise<void> {
  const { features, captions, generated, reference, against, facts } = gathered;
  const missing = ({ network, used }: EvaluationNetwork, sets: Parameters<typeof store.missing>[1]) =>
    store.missing({ network, sha256OfNetwork: used.sha256 }, sets);

  if (features !== null) {
    const sets = Object.entries({ generated, reference, against }).flatMap(([name, source]) =>
      source === null ? [] : [{ name, pictures: source.hashed }],
    );
    const counts = await missing(
      features,
      sets.map(({ pictures }) => pictures),
    );
    for (const [index, { name }] of sets.entries()) {
      progress.plan(`vectors ${name}`, paceOf(features), counts[index] ?? 0);
    }
    progress.plan(
      'sets',
      'sets',
      sets.reduce((sum, { pictures }) => sum + pictures.length, 0),
    );
  }

  if (captions !== null && captionedPictures(generated).length > 0) {
    const sets = Object.entries({ generated, against }).flatMap(([name, source]) =>
      source === null ? [] : [{ name, source, pictures: captionedPictures(source) }],
    );
    // What one network computed for the sets it need not compute again for their captions.
    const isSame = features?.network.path === captions.network.path && features.used.sha256 === captions.used.sha256;
    const counts = isSame
      ? []
      : await missing(
          captions,
          sets.map(({ pictures }) => pictures),
        );
    for (const [index, { name, source, pictures }] of sets.entries()) {
      progress.plan(`captioned ${name}`, paceOf(captions), counts[index] ?? 0);
      const different = new Set(pictures.map(({ index: place }) => source.captions?.[place])).size;
      progress.plan(`captions ${name}`, 'texts', different * prefixesOf(facts).length);
    }
    progress.plan('caption metrics', 'captions', captionedPictures(generated).length);
  }
  progress.planned();
}

/** A CLIP of the person's own may be many times as large as the embedded one. */
const paceOf = ({ network: { kind }, used }: EvaluationNetwork) =>
  kind === 'clip' && used.comparable ? 'ownClip' : kind;
