import { useState } from 'react';
import Lock from 'lucide-react/icons/lock';
import LockOpen from 'lucide-react/icons/lock-open';
import type { ConversationSettings } from '../../app/contracts/conversations.js';
import { Icon } from '../components/icon.js';
import { notANumber } from '../components/slider-arithmetic.js';
import { SliderField } from '../components/slider-field.js';
import { Tip } from '../components/tip.js';
import { changeSettings } from './browsing.js';
import { useChat } from './chat-store.js';
import { focusComposer } from './focus.js';
import { LONGEST, MIN_P, REPETITION, TEMPERATURE, TOP_K, TOP_P } from './ranges.js';
import { wayTo } from './turns-tree.js';

type Sampling = ConversationSettings['sampling'];

/** How the next token is chosen among the likely ones. */
export function SamplingGroup() {
  const sampling = useChat(({ conversation }) => conversation?.settings.sampling ?? null);
  const standard = useChat(({ conversation, fits }) => fits.get(conversation?.settings.model ?? '')?.sampling ?? null);
  const [fault, setFault] = useState<string | null>(null);
  if (!sampling) return null;
  const change = (part: Partial<Sampling>): void => changeSettings({ sampling: { ...sampling, ...part } });
  const common = { onFault: setFault, onEnter: focusComposer };
  const usual = standard ?? sampling; // until the model's own are known, nothing counts as moved
  const greedy = sampling.temperature === 0;
  return (
    <div className="group noted sampling">
      <h2>Sampling</h2>
      <SliderField
        {...common}
        label="Temperature"
        hint="0 always takes the likeliest token; higher takes unlikely ones more often"
        value={sampling.temperature}
        standard={usual.temperature}
        range={TEMPERATURE}
        onChange={(temperature) => change({ temperature })}
      />
      <SliderField
        {...common}
        label="Top-p"
        hint="Chooses among the likeliest tokens that together have this much probability; 1 is all"
        value={sampling.topP}
        standard={usual.topP}
        range={TOP_P}
        onChange={(topP) => change({ topP })}
      />
      <SliderField
        {...common}
        label="Top-k"
        hint="Chooses among this many of the likeliest tokens; 0 is all"
        value={sampling.topK}
        standard={usual.topK}
        range={TOP_K}
        onChange={(topK) => change({ topK })}
      />
      <SliderField
        {...common}
        label="Min-p"
        hint="Leaves out tokens less likely than this part of the likeliest; 0 is none"
        value={sampling.minP}
        standard={usual.minP}
        range={MIN_P}
        onChange={(minP) => change({ minP })}
      />
      <SliderField
        {...common}
        label="Repetition"
        name="Repetition penalty"
        hint="Makes tokens that were there already less likely; 1 is off"
        value={sampling.repetitionPenalty}
        standard={usual.repetitionPenalty}
        range={REPETITION}
        onChange={(repetitionPenalty) => change({ repetitionPenalty })}
      />
      <SliderField
        {...common}
        label="Longest"
        name="Longest answer, in tokens"
        hint="An answer ends after this many tokens at the latest"
        value={sampling.maxTokens}
        standard={usual.maxTokens}
        range={LONGEST}
        onChange={(maxTokens) => change({ maxTokens })}
      />
      <SeedField sampling={sampling} change={change} note={setFault} />
      {greedy ? (
        <p className="note">
          At temperature 0 it always takes the likeliest token: the seed and the limits change nothing.
        </p>
      ) : null}
      <p className="field-note" role="status" title={fault ?? undefined}>
        {fault}
      </p>
    </div>
  );
}

interface SeedFieldProps {
  readonly sampling: Sampling;
  readonly change: (part: Partial<Sampling>) => void;
  readonly note: (fault: string | null) => void;
}

/** The locked seed, or the one that the last answer drew: the lock keeps it, and the same words come again. */
function SeedField({ sampling: { seed }, change, note }: SeedFieldProps) {
  const drawn = useChat(({ conversation }) =>
    conversation
      ? (wayTo(conversation.turns, conversation.shown).findLast(({ answer }) => answer)?.answer?.sampling.seed ?? null)
      : null,
  );
  const [typed, setTyped] = useState<string | null>(null);
  const value = seed ?? drawn;
  const commit = (): void => {
    if (typed === null) return;
    setTyped(null);
    const plain = typed.trim();
    if (plain === '') return note(null);
    const number = /^\d+$/.test(plain) ? Math.min(Number(plain), Number.MAX_SAFE_INTEGER) : null;
    note(number === null ? notANumber(typed, 'Seed', value === null ? 'a drawn one' : String(value)) : null);
    if (number !== null && number !== value) change({ seed: number });
  };
  const label = seed === null ? 'Keep this seed' : 'Draw a new seed for each answer';
  return (
    <div className="row seed">
      <label className="field">
        <span>Seed</span>
        <input
          type="text"
          inputMode="numeric"
          className="num"
          aria-label="Seed"
          placeholder="drawn for each answer"
          value={typed ?? value ?? ''}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            commit();
            focusComposer();
          }}
        />
      </label>
      <Tip text={label}>
        <button
          type="button"
          className={`icon-button boxed${seed === null ? '' : ' on'}`}
          aria-label={label}
          aria-pressed={seed !== null}
          onClick={() => change({ seed: seed === null ? (drawn ?? drawSeed()) : null })}
        >
          <Icon of={seed === null ? LockOpen : Lock} />
        </button>
      </Tip>
    </div>
  );
}

const drawSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
