import Ellipsis from 'lucide-react/icons/ellipsis';
import FileText from 'lucide-react/icons/file-text';
import Table from 'lucide-react/icons/table-2';
import Braces from 'lucide-react/icons/braces';
import { Menu } from '@base-ui/react/menu';
import type { KeyboardEvent } from 'react';
import type { EvaluationResult, EvaluationRun } from '../../app/contracts/evaluation.js';
import { Icon, type IconComponent } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import type { Action } from '../keyboard/action.js';
import { ariaKeys, keyLabel } from '../keyboard/keys.js';
import { isMac } from '../studio/studio-store.js';
import { count } from '../words/numbers.js';
import { evaluateActions } from './actions.js';
import { EmptyFindings } from './empty-findings.js';
import { runById, useEvaluate, type Tab } from './evaluate-store.js';
import { PicturesPage } from './pictures-page.js';
import { showTab } from './runs.js';
import { SkippedPage } from './skipped-page.js';
import { Summary } from './summary.js';
import { Unfinished } from './unfinished.js';

/** What came out of the run that is open; before that, how far it is. */
export function Findings() {
  const open = useEvaluate((state) => state.open);
  const run = useEvaluate(({ runs }) => runById(runs, open?.id));
  return (
    <div className="findings" data-region="main" tabIndex={-1}>
      {open === null || !run ? <EmptyFindings /> : null}
      {open && run ? <Shown run={run} result={open.result} /> : null}
    </div>
  );
}

function Shown({ run, result }: { run: EvaluationRun; result: EvaluationResult | null }) {
  const problem = useEvaluate(({ open }) => open?.problem ?? null);
  const tab = useEvaluate((state) => state.tab);
  if (problem) {
    return (
      <div className="findings-page">
        <NoticeBar tone="bad">{problem.message}</NoticeBar>
      </div>
    );
  }
  if (!result) return run.state === 'done' ? null : <Unfinished run={run} />;
  const skipped = result.generated.skipped.length + (result.reference?.skipped.length ?? 0);
  const tabs = tabsOf(result, skipped);
  const shown = tabs.some(({ id }) => id === tab) ? tab : 'summary';
  return (
    <>
      <div className="tabs-bar">
        <Tabs tabs={tabs} shown={shown} />
        <span className="push" />
        <BarButton action={evaluateActions.saveCsv} icon={Table} label="CSV" />
        <BarButton action={evaluateActions.saveJson} icon={Braces} label="JSON" />
        <BarButton action={evaluateActions.report} icon={FileText} label="Report" />
        <MoreMenu />
      </div>
      <div
        key={`${run.id} ${shown}`}
        className="findings-page"
        role="tabpanel"
        id="evaluate-page"
        aria-labelledby={`evaluate-tab-${shown}`}
        tabIndex={0}
      >
        {run.state === 'done' ? null : <Unfinished run={run} />}
        {shown === 'summary' ? <Summary run={run} result={result} /> : null}
        {shown === 'pictures' ? <PicturesPage run={run} result={result} /> : null}
        {shown === 'skipped' ? <SkippedPage result={result} /> : null}
      </div>
    </>
  );
}

interface TabEntry {
  readonly id: Tab;
  readonly label: string;
  readonly number: number | null;
}

/** Only those that have something to show. */
function tabsOf({ nearest, best }: EvaluationResult, skipped: number): TabEntry[] {
  return [
    { id: 'summary', label: 'Summary', number: null },
    ...(nearest.length + best.length > 0 ? [{ id: 'pictures' as const, label: 'Pictures', number: null }] : []),
    ...(skipped > 0 ? [{ id: 'skipped' as const, label: 'Skipped', number: skipped }] : []),
  ];
}

/** One tab stop, arrows move. */
function Tabs({ tabs, shown }: { tabs: readonly TabEntry[]; shown: Tab }) {
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const at = tabs.findIndex(({ id }) => id === shown);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    showTab(next.id);
    document.getElementById(`evaluate-tab-${next.id}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="Result" onKeyDown={move}>
      {tabs.map(({ id, label, number }) => (
        <button
          key={id}
          id={`evaluate-tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === shown}
          aria-controls="evaluate-page"
          tabIndex={id === shown ? 0 : -1}
          className={id === shown ? 'on' : ''}
          onClick={() => showTab(id)}
        >
          {label}
          {number === null ? null : <span className="num"> {count(number)}</span>}
        </button>
      ))}
    </div>
  );
}

function BarButton({ action, icon, label }: { action: Action; icon: IconComponent; label: string }) {
  const mac = isMac();
  const key = action.keys?.[0];
  return (
    <button
      type="button"
      className="quiet small"
      title={key === undefined ? action.label : `${action.label} (${keyLabel(key, mac)})`}
      aria-label={action.label}
      aria-keyshortcuts={action.keys ? ariaKeys(action.keys, mac) : undefined}
      onClick={() => action.run?.()}
    >
      <Icon of={icon} />
      {label}
    </button>
  );
}

/** What is done with the run as a whole. */
function MoreMenu() {
  const { rename, remove, saveReport } = evaluateActions;
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="icon-button" aria-label="More about this run">
        <Icon of={Ellipsis} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popup-place" sideOffset={4} align="end" collisionPadding={8}>
          <Menu.Popup className="menu" data-popup="">
            {[saveReport, rename, remove].map((action: Action) => (
              <Menu.Item
                key={action.id}
                className="menu-item"
                disabled={(action.unavailable?.() ?? null) !== null}
                // After the menu has given the focus back, so that what runs may move it.
                onClick={() => requestAnimationFrame(() => action.run?.())}
              >
                {action.label}
                {action.keys?.[0] === undefined ? null : (
                  <kbd className="menu-note">{keyLabel(action.keys[0], isMac())}</kbd>
                )}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
