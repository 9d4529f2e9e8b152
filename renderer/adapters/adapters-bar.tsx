import { useMemo, type ReactNode } from 'react';
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleHelp from 'lucide-react/icons/circle-question-mark';
import Ban from 'lucide-react/icons/circle-slash-2';
import Star from 'lucide-react/icons/star';
import { Icon, type IconComponent } from '../components/icon.js';
import { SearchField } from '../components/search-field.js';
import { Segments } from '../components/segments.js';
import { SelectField } from '../components/select-field.js';
import { setPreferences } from '../studio/preferences.js';
import { useShelf } from '../studio/shelf-store.js';
import { useStudio } from '../studio/studio-store.js';
import { count } from '../words/numbers.js';
import { SEARCH_ID } from './actions.js';
import { useAdapters, type View } from './adapters-store.js';
import { search, show, useModelName } from './browsing.js';
import { FoldersPopover } from './folders-popover.js';
import { countsOf, type Sort } from './shelf-view.js';

const views: readonly { id: View; name: string; icon: IconComponent | null; tone?: string }[] = [
  { id: 'all', name: 'All', icon: null },
  { id: 'fits', name: 'Fits', icon: CircleCheck, tone: 'ok' },
  { id: 'other', name: 'Other base', icon: Ban },
  { id: 'unknown', name: 'Unknown', icon: CircleHelp, tone: 'warn' },
  { id: 'favourites', name: 'Favourites', icon: Star },
];

const sorts: readonly { id: Sort; label: string }[] = [
  { id: 'used', label: 'Last used' },
  { id: 'name', label: 'Name' },
  { id: 'added', label: 'Last added' },
  { id: 'rating', label: 'Stars' },
  { id: 'size', label: 'Size' },
];

export function AdaptersBar() {
  const model = useModelName();
  const text = useAdapters((state) => state.text);
  const sort = useStudio(({ preferences }) => preferences.adapterSort);
  return (
    <div className="panel-bar">
      <SearchField
        id={SEARCH_ID}
        label="Search adapters"
        placeholder="Name, word, tag, note or hash"
        firstFocus
        text={text}
        onSearch={search}
      />
      <Views />
      <span className="push" />
      {model === '' ? null : (
        <span className="dim for-model">
          for <b title={model}>{model}</b>
        </span>
      )}
      <SelectField
        slim
        label="Sort"
        value={sort}
        options={sorts}
        onChange={(id) => setPreferences({ adapterSort: sorts.find((one) => one.id === id)?.id ?? 'used' })}
      />
      <FoldersPopover />
    </div>
  );
}

function Views() {
  const view = useAdapters((state) => state.view);
  const cards = useShelf((state) => state.cards);
  const counts = useMemo(() => countsOf(cards), [cards]);
  const label = (name: string, icon: IconComponent | null, tone: string | undefined, of: number): ReactNode => (
    <>
      {icon ? (
        <span className={`view-icon${tone === undefined ? '' : ` match ${tone}`}`}>
          <Icon of={icon} size={14} />
        </span>
      ) : null}
      {name} <span className="dim num">{count(of)}</span>
    </>
  );
  return (
    <Segments
      label="Show"
      value={view}
      options={views.map(({ id, name, icon, tone }) => ({ id, label: label(name, icon, tone, counts[id]) }))}
      onChange={show}
    />
  );
}
