import CircleMinus from 'lucide-react/icons/circle-minus';
import ExternalLink from 'lucide-react/icons/external-link';
import X from 'lucide-react/icons/x';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import { ActionButton } from '../components/action-button.js';
import { Icon } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import { StarField } from '../components/stars.js';
import { useShelf } from '../studio/shelf-store.js';
import { duration } from '../words/numbers.js';
import { adapterActions } from './actions.js';
import { adaptersStore, useAdapters } from './adapters-store.js';
import { Blocks } from './blocks.js';
import { Effect } from './effect.js';
import { stopBake, whyNotRun } from './effects.js';
import { Hashes } from './hashes.js';
import { Matched } from './matched.js';
import { useOnPicture } from './on-picture.js';
import { useReceipt } from './receipts.js';
import { Description, NoteField, TagField } from './own-words.js';
import { TriggerWords } from './trigger-words.js';
import { Progress } from './progress.js';
import { rate, toggleInPicture, watchedFolderOf, whyNotAdd } from './verbs.js';

/** The inspector: one adapter, and all that can be known of it before it runs. */
export function Sheet() {
  const cursor = useAdapters((state) => state.cursor);
  const card = useShelf(({ byId }) => byId.get(cursor ?? '') ?? null);
  return (
    <aside
      className="column sheet"
      aria-label={card ? `Receipt of ${card.name}` : 'Chosen adapter'}
      data-region="inspector"
      tabIndex={-1}
    >
      {card ? (
        <Receipt key={card.id} card={card} />
      ) : (
        <p className="note padded">Choose an adapter to read its receipt.</p>
      )}
    </aside>
  );
}

function Receipt({ card }: { card: AdapterCard }) {
  const model = useShelf((state) => state.model) ?? '';
  const { receipt, error, slow } = useReceipt(card, model);
  const damaged = receipt && receipt.nonFinite.length > 0 ? 'It holds values that are no numbers.' : null;
  const why = damaged ?? whyNotRun(card);
  return (
    <>
      <div className="sheet-body">
        <Head card={card} />
        <Matched card={card} receipt={receipt} error={error} slow={slow} />
        <Effect card={card} model={model} why={why} />
        {receipt ? <Blocks receipt={receipt} /> : null}
        <TriggerWords words={receipt?.triggerWords ?? card.triggerWords} />
        <TagField card={card} />
        <NoteField card={card} />
        <Description card={card} />
        <Hashes hashes={receipt?.hashes ?? card.hashes} />
      </div>
      <Foot card={card} why={why} whyNot={damaged ?? whyNotAdd(card)} />
    </>
  );
}

function Head({ card }: { card: AdapterCard }) {
  return (
    <header className="group sheet-head">
      <div>
        <h2 className="t18">{card.name}</h2>
        {card.title !== null && card.title.toLowerCase() !== card.name.toLowerCase() ? (
          <p className="sheet-title">{card.title}</p>
        ) : null}
        <p className="note file-path" title={card.path}>
          {shortPath(card)}
        </p>
        <StarField rating={card.rating} onRate={(rating) => rate(card.id, rating)} />
      </div>
      <button
        type="button"
        className="icon-button"
        aria-label="Close the receipt (Esc)"
        onClick={() => adaptersStore.setState({ sheetShown: false })}
      >
        <Icon of={X} />
      </button>
    </header>
  );
}

/** From the watched folder's own name on; a single file's path is shown whole. */
function shortPath(card: AdapterCard): string {
  const folder = watchedFolderOf(card);
  if (folder === null) return card.path;
  const before = Math.max(folder.lastIndexOf('/'), folder.lastIndexOf('\\'));
  return card.path.slice(before + 1);
}

interface FootProps {
  readonly card: AdapterCard;
  /** Why it cannot be run now; null when it can. */
  readonly why: string | null;
  /** Why it cannot even wait in the mixer. */
  readonly whyNot: string | null;
}

function Foot({ card, why, whyNot }: FootProps) {
  const on = useOnPicture().has(card.id);
  const baking = useAdapters((state) => state.baking);
  const problem = useAdapters((state) => state.problem);
  const mine = baking?.id === card.id ? baking : null;
  return (
    <footer className="sheet-foot">
      {problem?.id === card.id && problem.of === 'bake' ? (
        <NoticeBar tone="bad" onClose={() => adaptersStore.setState({ problem: null })}>
          {problem.error.message}
        </NoticeBar>
      ) : null}
      {mine ? (
        <Progress
          part={mine.part}
          words={
            mine.secondsLeft === null
              ? 'Baking'
              : `Baking · ${Math.floor(mine.part * 100)} % · ${duration(mine.secondsLeft)} left`
          }
          onStop={stopBake}
        />
      ) : null}
      <div className="actions">
        <button
          type="button"
          className="primary"
          disabled={!on && whyNot !== null}
          title={on ? undefined : (whyNot ?? undefined)}
          onClick={() => toggleInPicture(card)}
        >
          {on ? 'Take off the picture' : 'Add to picture'}
        </button>
        <button
          type="button"
          className="quiet outlined"
          disabled={why !== null || baking !== null}
          title={why ?? undefined}
          onClick={adapterActions.bake.run}
        >
          Bake to a file…
        </button>
        <span className="push" />
        {watchedFolderOf(card) === null && !card.embedded ? (
          <ActionButton action={adapterActions.forget} icon={CircleMinus} />
        ) : null}
        <ActionButton action={adapterActions.reveal} icon={ExternalLink} />
      </div>
    </footer>
  );
}
