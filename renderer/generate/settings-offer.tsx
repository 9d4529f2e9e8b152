import { useState } from 'react';
import X from 'lucide-react/icons/x';
import type { AdapterUse } from '../../app/contracts/adapters.js';
import type { GenerationSettings } from '../../app/contracts/generation.js';
import type { ReadSettings } from '../../app/contracts/window.js';
import { Icon } from '../components/icon.js';
import { useShelf } from '../studio/shelf-store.js';
import { modelById, studioStore, useStudio } from '../studio/studio-store.js';
import { plural, strengths } from '../words/numbers.js';
import { takeSettings } from './drafting.js';
import { generateStore, sameUses, settingsOf, useGenerate, type Draft, type GenerateState } from './generate-store.js';

type Key = keyof GenerationSettings;

const names: Record<Key, string> = {
  model: 'Model',
  prompt: 'Prompt',
  negative: 'Without',
  steps: 'Steps',
  cfg: 'Guidance',
  sampler: 'Sampler',
  schedule: 'Schedule',
  seed: 'Seed',
  width: 'Width',
  height: 'Height',
  clipSkip: 'Clip skip',
  adapters: 'Adapters',
};

/** Settings found in a picture, as differences from the draft: each can be taken or left. */
export function SettingsOffer() {
  const offer = useGenerate((state) => state.offer);
  return offer ? <OfferSheet key={offer.from} offer={offer} /> : null;
}

function OfferSheet({ offer }: { offer: NonNullable<GenerateState['offer']> }) {
  const draft = useGenerate((state) => state.draft);
  const mine = settingsOf(draft);
  const shelf = useShelf((state) => state.byId);
  const models = useStudio((state) => state.models);
  const differences = differencesOf(draft, offer.read.settings);
  const [left, setLeft] = useState<ReadonlySet<Key>>(new Set());
  const taken = differences.filter((key) => !left.has(key));
  const close = (): void => generateStore.setState({ offer: null });
  const { samplers, schedules } = useStudio((state) => state.capabilities);
  const words = (key: Key, value: GenerationSettings[Key] | undefined): string => {
    if (Array.isArray(value)) return adapterWords(value, (id) => shelf.get(id)?.name ?? 'not on the shelf');
    if (key === 'model') return modelById(models, String(value))?.name ?? 'not in the library';
    const named = key === 'sampler' ? samplers : key === 'schedule' ? schedules : [];
    const text = named.find(({ id }) => id === value)?.label ?? String(value ?? '');
    return text === '' ? 'empty' : text;
  };
  return (
    <section className="offer float" role="dialog" aria-label={`Settings in ${offer.from}`} data-popup="">
      <div className="offer-head">
        <b>Settings in {offer.from}</b>
        <button type="button" className="icon-button" aria-label="Close (Esc)" onClick={close}>
          <Icon of={X} />
        </button>
      </div>
      {differences.length === 0 ? <p className="note padded">They are the same as yours.</p> : null}
      <ul>
        {differences.map((key) => (
          <li key={key}>
            <label>
              <input
                type="checkbox"
                checked={!left.has(key)}
                onChange={(event) => {
                  const next = new Set(left);
                  if (event.currentTarget.checked) next.delete(key);
                  else next.add(key);
                  setLeft(next);
                }}
              />
              <span className="offer-name">{names[key]}</span>
              <span className="offer-new">{words(key, offer.read.settings[key])}</span>
              <span className="offer-old dim">now {words(key, mine[key])}</span>
            </label>
          </li>
        ))}
      </ul>
      {offer.read.notices.map((text) => (
        <p key={text} className="note padded">
          {text}
        </p>
      ))}
      <div className="offer-foot">
        <button
          type="button"
          className="primary"
          disabled={taken.length === 0}
          autoFocus
          onClick={() => {
            takeSettings(Object.fromEntries(taken.map((key) => [key, offer.read.settings[key]])));
            close();
          }}
        >
          Take {plural(taken.length, 'setting')}
        </button>
        <button type="button" className="quiet outlined" onClick={close}>
          Leave them
        </button>
      </div>
    </section>
  );
}

/** "flat-ink 0.80, more-detail −0.60 / 1.00" */
const adapterWords = (uses: readonly AdapterUse[], nameOf: (id: string) => string): string =>
  uses.length === 0 ? 'none' : uses.map((use) => `${nameOf(use.adapter)} ${strengths(use)}`).join(', ');

export function differencesOf(draft: Draft, read: ReadSettings['settings']): Key[] {
  const mine = settingsOf(draft);
  const known = (id: string | undefined): boolean =>
    id !== undefined && modelById(studioStore.getState().models, id) !== null;
  return (Object.keys(names) as Key[]).filter(
    (key) => read[key] !== undefined && !same(read[key], mine[key]) && (key !== 'model' || known(read.model)),
  );
}

/** Settings are plain values, but for the adapters. */
const same = (a: GenerationSettings[Key], b: GenerationSettings[Key]): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && sameUses(a, b));
