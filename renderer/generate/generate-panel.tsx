import { FullView } from '../components/picture-view.js';
import { SideColumn } from '../components/side-column.js';
import { useRecent } from '../studio/recent-pictures.js';
import { useStudio } from '../studio/studio-store.js';
import { Dock } from './dock.js';
import { Film } from './film.js';
import { useGenerate } from './generate-store.js';
import { SettingsColumn } from './settings-column.js';
import { SettingsOffer } from './settings-offer.js';
import { shownBy } from './selection.js';
import { Stage } from './stage.js';

/** Film, stage, dock, settings. */
export function GeneratePanel() {
  const fullView = useGenerate((state) => state.fullView);
  const settingsShown = useGenerate((state) => state.settingsShown);
  return (
    <SideColumn name="settings" side={settingsShown ? <SettingsColumn /> : null}>
      <div className="generate" data-bare={!settingsShown || undefined}>
        <Film />
        <div className="generate-work" data-region="main" tabIndex={-1}>
          <Stage />
          <SettingsOffer />
          <Dock />
        </div>
        {fullView ? <GenerateFullView /> : null}
      </div>
    </SideColumn>
  );
}

function GenerateFullView() {
  const { selection, live, actualSize } = useGenerate((state) => state);
  const pictures = useRecent((state) => state.pictures);
  const jobs = useStudio(({ queue }) => queue.jobs);
  const shown = shownBy(selection, live, pictures, jobs);
  if (shown.kind !== 'picture') return null;
  return (
    <FullView
      picture={shown.picture}
      actualSize={actualSize}
      actions={<span className="dim">Space or Esc goes back · Z shows 100 % · arrows move</span>}
    />
  );
}
