import type { ReactNode } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { setPreferences } from '../studio/preferences.js';
import { studioStore } from '../studio/studio-store.js';

interface SideColumnProps {
  /** Under which its width is remembered. */
  readonly name: 'settings' | 'inspector' | 'sheet';
  /** The column at the right; null hides it. */
  readonly side: ReactNode;
  readonly children: ReactNode;
}

const NARROWEST = 256;
const WIDEST = 560;

/** A panel with a column at its right whose width a person sets and the studio remembers. */
export function SideColumn({ name, side, children }: SideColumnProps) {
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
      <Panel id={`${name}-main`} minSize={320}>
        {children}
      </Panel>
      {side === null ? null : (
        <>
          <Separator className="column-edge" aria-label="Width of the column" />
          <Panel
            id={`${name}-side`}
            data-column={name}
            defaultSize={studioStore.getState().preferences.columns[name] ?? standardWidth(name)}
            minSize={NARROWEST}
            maxSize={WIDEST}
            groupResizeBehavior="preserve-pixel-size"
          >
            {side}
          </Panel>
        </>
      )}
    </Group>
  );
}

/** The design's widths, by the width of the window. */
function standardWidth(name: SideColumnProps['name']): number {
  const [small, usual, large] = name === 'sheet' ? [340, 400, 464] : [288, 328, 368];
  if (window.innerWidth < 1200) return small;
  return window.innerWidth >= 2000 ? large : usual;
}
