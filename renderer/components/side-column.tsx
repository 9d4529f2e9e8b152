import type { ReactNode } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { setPreferences } from '../studio/preferences.js';
import { studioStore } from '../studio/studio-store.js';

interface SideColumnProps {
  /** Under which its width is remembered. */
  readonly name: 'settings' | 'inspector' | 'sheet' | 'chat' | 'talks' | 'setup';
  /** At which side of the panel it stands; at its end unless told. */
  readonly at?: 'start' | 'end';
  /** The column; null hides it. */
  readonly side: ReactNode;
  readonly children: ReactNode;
}

const NARROWEST = 256;
const NARROWEST_LIST = 176;
const WIDEST = 560;

/** A panel with a column at its side whose width a person sets and the studio remembers. */
export function SideColumn({ name, at = 'end', side, children }: SideColumnProps) {
  const main = (
    <Panel id={`${name}-main`} minSize={320}>
      {children}
    </Panel>
  );
  const edge = <Separator className="column-edge" aria-label="Width of the column" />;
  const column = (
    <Panel
      id={`${name}-side`}
      data-column={name}
      defaultSize={studioStore.getState().preferences.columns[name] ?? standardWidth(name)}
      minSize={name === 'talks' || name === 'setup' ? NARROWEST_LIST : NARROWEST}
      maxSize={WIDEST}
      groupResizeBehavior="preserve-pixel-size"
    >
      {side}
    </Panel>
  );
  return (
    <Group
      orientation="horizontal"
      className="with-column"
      resizeTargetMinimumSize={{ fine: 8, coarse: 24 }}
      onLayoutChanged={(_layout, { isUserInteraction }) => {
        if (!isUserInteraction) return;
        const width = document.querySelector(`[data-column="${name}"]`)?.getBoundingClientRect().width;
        if (width === undefined) return;
        const { columns } = studioStore.getState().preferences;
        setPreferences({ columns: { ...columns, [name]: Math.round(width) } });
      }}
    >
      {at === 'start' && side !== null ? (
        <>
          {column}
          {edge}
        </>
      ) : null}
      {main}
      {at === 'end' && side !== null ? (
        <>
          {edge}
          {column}
        </>
      ) : null}
    </Group>
  );
}

const widths: Partial<Record<SideColumnProps['name'], readonly [number, number, number]>> = {
  sheet: [340, 400, 464],
  chat: [288, 312, 368],
  talks: [188, 232, 280],
  setup: [232, 280, 328],
};

/** The design's widths, by the width of the window. */
function standardWidth(name: SideColumnProps['name']): number {
  const [small, usual, large] = widths[name] ?? [288, 328, 368];
  if (window.innerWidth < 1200) return small;
  return window.innerWidth >= 2000 ? large : usual;
}
