import { useEffect } from 'react';
import RotateCw from 'lucide-react/icons/rotate-cw';
import type { AdapterCard, AdapterEffect } from '../../app/contracts/adapters.js';
import { effectUrl } from '../../app/contracts/window.js';
import { Icon } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import { SliderField } from '../components/slider-field.js';
import { useGenerate } from '../generate/generate-store.js';
import { mixerRow } from '../generate/mixer.js';
import { STRENGTH } from '../generate/ranges.js';
import { runningJob, useStudio } from '../studio/studio-store.js';
import { duration, fixed } from '../words/numbers.js';
import { adaptersStore, useAdapters, type Work } from './adapters-store.js';
import {
  compare,
  differenceWords,
  effectKey,
  loadEffect,
  setStrength,
  stopCompare,
  strengthOf,
  verdictWords,
} from './effects.js';
import { Progress } from './progress.js';

interface EffectProps {
  readonly card: AdapterCard;
  readonly model: string;
  /** Why it cannot be run; null when it can. */
  readonly why: string | null;
}

/** "What does it do?": the same picture without and with it, and the measured difference. */
export function Effect({ card, model, why }: EffectProps) {
  const effect = useAdapters(({ effects }) => effects.get(effectKey(card.id, model)) ?? null);
  const comparing = useAdapters((state) => state.comparing);
  const problem = useAdapters((state) => state.problem);
  useEffect(() => loadEffect(card.id, model), [card.id, model]);
  const mine = comparing?.id === card.id ? comparing : null;
  if (why !== null && !effect) return null;
  return (
    <div className="group">
      <h2 className="with-button">
        What does it do? {effect ? <span className="dim num">seed {effect.seed}</span> : null}
        {effect && why === null ? (
          <button
            type="button"
            className="quiet small"
            disabled={comparing !== null}
            onClick={() => compare(card)}
            aria-keyshortcuts="W"
          >
            <Icon of={RotateCw} size={14} />
            Again
          </button>
        ) : null}
      </h2>
      {effect ? <Pair effect={effect} name={card.name} /> : null}
      {problem?.id === card.id && problem.of === 'compare' ? (
        <NoticeBar tone="bad" onClose={() => adaptersStore.setState({ problem: null })}>
          {problem.error.message}
        </NoticeBar>
      ) : null}
      {effect || mine ? null : (
        <p className="note">
          Two pictures with the settings of Generate and the same seed, without and with it, and how much they differ.
        </p>
      )}
      {why === null ? <Strength card={card} /> : null}
      {mine ? <Comparing work={mine} /> : null}
      {effect || mine || why !== null ? null : (
        <button
          type="button"
          className="quiet outlined ask-effect"
          disabled={comparing !== null}
          title={comparing ? 'Another adapter is looked at now.' : undefined}
          onClick={() => compare(card)}
          aria-keyshortcuts="W"
        >
          Make the two pictures<kbd>W</kbd>
        </button>
      )}
    </div>
  );
}

function Strength({ card }: { card: AdapterCard }) {
  const strengths = useAdapters((state) => state.strengths);
  const row = useGenerate(({ draft }) => mixerRow(draft, card.id)?.weight ?? null);
  const standard = row ?? card.preferredWeight ?? 1;
  return (
    <SliderField
      label="Strength"
      value={strengthOf(card, strengths, row === null ? null : { weight: row })}
      standard={standard}
      range={STRENGTH}
      onChange={(strength) => setStrength(card.id, strength)}
    />
  );
}

function Comparing({ work: { part, secondsLeft } }: { work: Work }) {
  const busy = useStudio(({ queue }) => runningJob(queue) !== null);
  let words = part < 0.5 ? 'Making the picture without it' : 'Making the picture with it';
  if (part === 0 && busy) words = 'Waits for the picture that is being made';
  else if (secondsLeft !== null) words += ` · ${duration(secondsLeft)} left`;
  return <Progress part={part} words={words} onStop={stopCompare} />;
}

/** Enlarged from this on, the pictures' own pixels are shown as squares. */
const CRISP_FROM = 2;
const SHOWN_WIDTH = 182;

function Pair({ effect, name }: { effect: AdapterEffect; name: string }) {
  const { id, prompt, width, height, weight } = effect;
  const crisp = (SHOWN_WIDTH * window.devicePixelRatio) / width >= CRISP_FROM;
  const picture = (which: 'without' | 'with') => (
    <img
      key={id}
      src={effectUrl(id, which)}
      alt={`${which === 'with' ? 'With' : 'Without'} ${name}: ${prompt}`}
      className={crisp ? 'crisp' : ''}
      style={{ aspectRatio: `${width} / ${height}` }}
    />
  );
  return (
    <>
      <div className="pair">
        <figure>
          {picture('without')}
          <figcaption>Without</figcaption>
        </figure>
        <figure>
          {picture('with')}
          <figcaption className="num">With, at {fixed(weight, 2)}</figcaption>
        </figure>
      </div>
      <p className="note">
        <b>{verdictWords(effect)}</b> <span className="num">{differenceWords(effect)}</span>
      </p>
      <p className="note effect-prompt" title={prompt}>
        {prompt}
      </p>
    </>
  );
}
