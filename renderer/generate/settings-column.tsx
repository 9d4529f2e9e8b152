import { useState } from 'react';
import ArrowLeftRight from 'lucide-react/icons/arrow-left-right';
import ChevronRight from 'lucide-react/icons/chevron-right';
import Dices from 'lucide-react/icons/dice-5';
import Lock from 'lucide-react/icons/lock';
import LockOpen from 'lucide-react/icons/lock-open';
import type { ModelDefaults } from '../../app/contracts/models.js';
import { ActionButton } from '../components/action-button.js';
import { Icon } from '../components/icon.js';
import { Segments } from '../components/segments.js';
import { SelectField } from '../components/select-field.js';
import { SliderField } from '../components/slider-field.js';
import { modelById, useStudio } from '../studio/studio-store.js';
import { generateActions } from './actions.js';
import { changeDraft, setSize, typeSeed } from './drafting.js';
import { generateStore, useGenerate } from './generate-store.js';
import { ModelMenu } from './model-menu.js';
import { ASPECTS, aspectOf, presetSize } from './picture-size.js';
import { CLIP_SKIP, GUIDANCE, STEPS } from './ranges.js';

/** What decides the picture besides words. Every control has one place for ever. */
export function SettingsColumn() {
  const draft = useGenerate((state) => state.draft);
  const moreOpen = useGenerate((state) => state.moreOpen);
  const { samplers, schedules } = useStudio((state) => state.capabilities);
  const model = useStudio(({ models }) => modelById(models, draft.model));
  const standard: ModelDefaults = model?.defaults ?? draft;
  return (
    <aside
      className="column settings-column"
      aria-label="Settings of the picture"
      data-region="inspector"
      tabIndex={-1}
    >
      <div className="group">
        <ModelMenu />
        {model?.notices.map((text) => (
          <p key={text} className="note">
            {text}
          </p>
        ))}
      </div>
      <div className="group">
        <SizeFields />
      </div>
      <div className="group">
        <div className="row two">
          <SelectField
            label="Sampler"
            value={draft.sampler}
            standard={standard.sampler}
            options={samplers}
            onChange={(sampler) => changeDraft({ sampler })}
          />
          <SelectField
            label="Schedule"
            value={draft.schedule}
            standard={standard.schedule}
            options={schedules}
            onChange={(schedule) => changeDraft({ schedule })}
          />
        </div>
        <SliderField
          label="Steps"
          value={draft.steps}
          standard={standard.steps}
          range={STEPS}
          onChange={(steps) => changeDraft({ steps })}
        />
        <SliderField
          label="Guidance"
          value={draft.cfg}
          standard={standard.cfg}
          range={GUIDANCE}
          onChange={(cfg) => changeDraft({ cfg })}
        />
        {draft.cfg <= 1 ? (
          <p className="note">No guidance: what to leave out has no effect, and a step takes half the time.</p>
        ) : null}
        <SeedField />
      </div>
      <button
        type="button"
        className="more"
        aria-expanded={moreOpen}
        onClick={() => generateStore.setState({ moreOpen: !moreOpen })}
      >
        <Icon of={ChevronRight} />
        More <span className="dim">clip skip</span>
      </button>
      {moreOpen ? (
        <div className="group">
          <SliderField
            label="Clip skip"
            value={draft.clipSkip}
            standard={1}
            range={CLIP_SKIP}
            onChange={(clipSkip) => changeDraft({ clipSkip })}
          />
        </div>
      ) : null}
    </aside>
  );
}

function SizeFields() {
  const width = useGenerate(({ draft }) => draft.width);
  const height = useGenerate(({ draft }) => draft.height);
  const note = useGenerate((state) => state.sizeNote);
  const model = useStudio(({ models }) => modelById(models, generateStore.getState().draft.model));
  const rule = { sizeMultiple: model?.sizeMultiple ?? 8, nativeSize: model?.nativeSize ?? 512 };
  const aspect = aspectOf(width, height, rule);
  return (
    <>
      <div className="row size">
        <SideField label="W" name="Width" value={width} step={rule.sizeMultiple} onCommit={(w) => setSize(w, height)} />
        <ActionButton action={generateActions.swapSides} icon={ArrowLeftRight} />
        <SideField
          label="H"
          name="Height"
          value={height}
          step={rule.sizeMultiple}
          onCommit={(h) => setSize(width, h)}
        />
      </div>
      {note ? (
        <p className="note" role="status">
          {note}
        </p>
      ) : null}
      <Segments
        label="Aspect"
        className="aspects"
        value={aspect?.label ?? ''}
        options={ASPECTS.map(({ label, ratio }) => ({
          id: label,
          name: label,
          label: (
            <>
              <i
                style={{
                  width: Math.round(16 * Math.min(1.2, Math.sqrt(ratio))),
                  height: Math.round(16 * Math.min(1.2, Math.sqrt(1 / ratio))),
                }}
              />
              {label}
            </>
          ),
        }))}
        onChange={(label) => {
          const chosen = ASPECTS.find((one) => one.label === label);
          if (!chosen) return;
          const preset = presetSize(chosen, rule);
          setSize(preset.width, preset.height);
        }}
      />
    </>
  );
}

interface SideFieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: number;
  readonly step: number;
  readonly onCommit: (value: number) => void;
}

/** A side in pixels; rounded when the field is left, and said. */
function SideField({ label, name, value, step, onCommit }: SideFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = (): void => {
    const number = typed === null ? NaN : Number(typed.trim());
    if (Number.isFinite(number) && number >= 1) onCommit(Math.round(number));
    setTyped(null);
  };
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="text"
        inputMode="numeric"
        className="num"
        aria-label={name}
        value={typed ?? value}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            commit();
          } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
            event.preventDefault();
            setTyped(null);
            onCommit(Math.max(step, value + (event.key === 'ArrowUp' ? 1 : -1) * step * (event.shiftKey ? 10 : 1)));
          }
        }}
      />
    </label>
  );
}

function SeedField() {
  const seed = useGenerate(({ draft }) => draft.seed);
  const locked = useGenerate(({ draft }) => draft.seedLocked);
  const [typed, setTyped] = useState<string | null>(null);
  const commit = (): void => {
    const number = typed === null || !/^\d+$/.test(typed.trim()) ? NaN : Number(typed);
    if (Number.isFinite(number) && number !== seed) typeSeed(number);
    setTyped(null);
  };
  return (
    <div className="row seed">
      <label className="field">
        <span>Seed</span>
        <input
          type="text"
          inputMode="numeric"
          className="num"
          aria-label="Seed"
          value={typed ?? seed}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            commit();
          }}
        />
      </label>
      <ActionButton action={generateActions.newSeed} icon={Dices} boxed />
      <ActionButton action={generateActions.lockSeed} icon={locked ? Lock : LockOpen} boxed pressed={locked} />
    </div>
  );
}
