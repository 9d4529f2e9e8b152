import { useState, type KeyboardEvent } from 'react';
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
import { notANumber } from '../components/slider-arithmetic.js';
import { SliderField } from '../components/slider-field.js';
import { modelById, useStudio } from '../studio/studio-store.js';
import { generateActions } from './actions.js';
import { changeDraft, setSize, typeSeed } from './drafting.js';
import { focusPromptEnd } from './focus.js';
import { generateStore, useGenerate } from './generate-store.js';
import { MixerGroup } from './mixer-group.js';
import { PictureModelMenu } from './model-menu.js';
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
        <PictureModelMenu />
        {model?.notices.map((text) => (
          <p key={text} className="note">
            {text}
          </p>
        ))}
      </div>
      <div className="group noted">
        <SizeFields />
      </div>
      <div className="group noted">
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
          onFault={noteNumber}
          onEnter={focusPromptEnd}
        />
        <SliderField
          label="Guidance"
          value={draft.cfg}
          standard={standard.cfg}
          range={GUIDANCE}
          onChange={(cfg) => changeDraft({ cfg })}
          onFault={noteNumber}
          onEnter={focusPromptEnd}
        />
        <SeedField />
        {draft.cfg <= 1 ? (
          <p className="note">No guidance: what to leave out has no effect, and a step takes half the time.</p>
        ) : null}
        <FieldNote of="numberNote" />
      </div>
      <MixerGroup />
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
            onFault={noteNumber}
            onEnter={focusPromptEnd}
          />
        </div>
      ) : null}
    </aside>
  );
}

const noteNumber = (numberNote: string | null): void => generateStore.setState({ numberNote });
const noteSize = (sizeNote: string): void => generateStore.setState({ sizeNote });

/** In the space under its group, so that nothing moves when it comes. */
function FieldNote({ of }: { of: 'sizeNote' | 'numberNote' }) {
  const note = useGenerate((state) => state[of]);
  return (
    <p className="field-note" role="status" title={note ?? undefined}>
      {note}
    </p>
  );
}

/** Enter takes what was typed and goes back to the prompt; with Ctrl the window generates with it. */
const entering =
  (commit: () => void) =>
  (event: KeyboardEvent): boolean => {
    if (event.key !== 'Enter') return false;
    commit();
    if (event.ctrlKey || event.metaKey) return true;
    event.preventDefault();
    focusPromptEnd();
    return true;
  };

function SizeFields() {
  const width = useGenerate(({ draft }) => draft.width);
  const height = useGenerate(({ draft }) => draft.height);
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
      <FieldNote of="sizeNote" />
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
    if (typed === null) return;
    const number = /^\d+([.,]\d+)?$/.test(typed.trim()) ? Number(typed.trim().replace(',', '.')) : NaN;
    if (Number.isFinite(number)) onCommit(Math.round(number));
    else noteSize(notANumber(typed, name, String(value)));
    setTyped(null);
  };
  const enter = entering(commit);
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
          if (enter(event)) return;
          if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
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
    if (typed === null) return;
    const number = /^\d+$/.test(typed.trim()) ? Number(typed) : NaN;
    if (Number.isFinite(number) && number !== seed) typeSeed(number);
    noteNumber(faultOfSeed(typed, seed));
    setTyped(null);
  };
  const enter = entering(commit);
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
          onKeyDown={enter}
        />
      </label>
      <ActionButton action={generateActions.newSeed} icon={Dices} boxed />
      <ActionButton action={generateActions.lockSeed} icon={locked ? Lock : LockOpen} boxed pressed={locked} />
    </div>
  );
}

function faultOfSeed(typed: string, seed: number): string | null {
  if (!/^\d+$/.test(typed.trim())) return notANumber(typed, 'Seed', String(seed));
  return Number(typed) > Number.MAX_SAFE_INTEGER ? `Seed set to ${Number.MAX_SAFE_INTEGER}, the most there is.` : null;
}
