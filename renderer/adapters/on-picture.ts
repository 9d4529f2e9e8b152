import { useMemo } from 'react';
import { adapterTags } from '../../app/contracts/adapter-tags.js';
import { useGenerate } from '../generate/generate-store.js';
import { cardNamed } from '../generate/mixer.js';
import { useShelf } from '../studio/shelf-store.js';

/** Strengths on the UNet of what is on the picture and switched on, by shelf id: rows of the mixer, then tags. */
export function useOnPicture(): ReadonlyMap<string, number> {
  const mixer = useGenerate(({ draft }) => draft.mixer);
  // A string, so that typing elsewhere in the prompt draws no card again.
  const tags = useGenerate(({ draft }) =>
    adapterTags(draft.prompt)
      .map(({ start, end }) => draft.prompt.slice(start, end))
      .join(''),
  );
  const cards = useShelf((state) => state.cards);
  return useMemo(() => {
    const strengths = new Map<string, number>();
    for (const { name, weight, problem } of adapterTags(tags)) {
      const card = problem === null ? cardNamed(cards, name) : null;
      if (card) strengths.set(card.id, weight);
    }
    for (const { adapter, weight, on } of mixer) if (on) strengths.set(adapter, weight);
    return strengths;
  }, [mixer, tags, cards]);
}
