import ArrowDownUp from 'lucide-react/icons/arrow-down-up';
import { ActionButton } from '../components/action-button.js';
import { SelectField } from '../components/select-field.js';
import { useStudio } from '../studio/studio-store.js';
import { evaluateActions } from './actions.js';
import { changeDraft, chooseNetwork, choosePrompts, hasCaptions, lookOf, measuringModels } from './drafting.js';
import { useEvaluate } from './evaluate-store.js';
import { fileName } from './evaluate-words.js';
import { MetricChoice } from './metric-choice.js';
import { RunsList } from './runs-list.js';
import { SourceCard } from './source-card.js';
import { StartBlock } from './start-block.js';
import { modes, pictureModeOf } from './modes.js';

/** The column: two sets, prompts, how it is computed, which metrics; in sight below them earlier runs and the button. */
export function SetupColumn() {
  // Whether the two can be swapped changes with them.
  useEvaluate((state) => state.draft);
  return (
    <aside className="column setup" aria-label="What to measure" data-region="list" tabIndex={-1}>
      <div className="setup-scroll">
        <div className="group">
          <h2>Generated</h2>
          <SourceCard side="generated" />
          <h2 className="with-button">
            Reference
            <ActionButton action={evaluateActions.swap} icon={ArrowDownUp} />
          </h2>
          <SourceCard side="reference" />
          <PromptsField />
          <AgainstField />
        </div>
        <div className="group">
          <ModeField />
          <NetworkField kind="inception" />
          <NetworkField kind="clip" />
          <NotComparable />
        </div>
        <MetricChoice />
      </div>
      <RunsList />
      <StartBlock />
    </aside>
  );
}

const NONE = '';
const CHOOSE = 'choose';

function PromptsField() {
  const prompts = useEvaluate(({ draft }) => draft.prompts);
  const carried = useEvaluate(({ draft, looks }) => hasCaptions({ ...draft, prompts: null }, looks));
  const known = useEvaluate(({ draft, looks }) => lookOf(looks, draft.generated)?.state === 'seen');
  return (
    <SelectField
      label="Prompts"
      value={prompts ?? NONE}
      options={[
        { id: NONE, label: known && !carried ? 'None in the pictures' : 'From the pictures' },
        ...(prompts === null ? [] : [{ id: prompts, label: fileName(prompts) }]),
        { id: CHOOSE, label: 'Choose a file…' },
      ]}
      onChange={(id) => {
        if (id === CHOOSE) choosePrompts();
        else changeDraft({ prompts: id === NONE ? null : id });
      }}
    />
  );
}

function AgainstField() {
  const against = useEvaluate(({ draft }) => draft.against);
  const runs = useEvaluate((state) => state.runs);
  const done = runs.filter(({ state, id }) => state === 'done' || id === against);
  if (done.length === 0) return null;
  return (
    <SelectField
      label="Against"
      value={against ?? NONE}
      options={[{ id: NONE, label: 'No other run' }, ...done.map(({ id, name }) => ({ id, label: name }))]}
      onChange={(id) => changeDraft({ against: id === NONE ? null : id })}
    />
  );
}

function ModeField() {
  const mode = useEvaluate(({ draft }) => draft.mode);
  return (
    <SelectField
      label="Computed as"
      value={mode}
      options={modes}
      standard="pytorch-fid"
      onChange={(id) => changeDraft({ mode: pictureModeOf(id) })}
    />
  );
}

const networkLabels = { inception: 'Features', clip: 'Captions' } as const;
const embeddedLabels = { inception: 'Embedded network', clip: 'Embedded CLIP' } as const;

function NetworkField({ kind }: { kind: 'inception' | 'clip' }) {
  const models = useStudio((state) => state.models);
  const chosen = useEvaluate(({ draft }) => draft[kind]);
  const own = measuringModels(models, kind);
  const known = chosen === null || own.some(({ id }) => id === chosen);
  return (
    <SelectField
      label={networkLabels[kind]}
      value={chosen ?? NONE}
      options={[
        { id: NONE, label: embeddedLabels[kind] },
        ...own.map(({ id, name }) => ({ id, label: name })),
        ...(known || chosen === null ? [] : [{ id: chosen, label: fileName(chosen) }]),
        { id: CHOOSE, label: 'Choose a file…' },
      ]}
      onChange={(id) => {
        if (id === CHOOSE) chooseNetwork(kind);
        else changeDraft({ [kind]: id === NONE ? null : id });
      }}
    />
  );
}

/** Said before anything runs, where it is chosen. */
function NotComparable() {
  const features = useEvaluate(({ draft }) => draft.inception === null && draft.reference !== null);
  const captions = useEvaluate(({ draft, looks }) => draft.clip === null && hasCaptions(draft, looks));
  if (!features && !captions) return null;
  const what =
    features && captions
      ? 'Both embedded networks give'
      : features
        ? 'The embedded network gives'
        : 'The embedded CLIP gives';
  return <p className="note">{what} numbers that are not comparable with published ones.</p>;
}
