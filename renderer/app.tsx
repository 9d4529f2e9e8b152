import { useEffect, useState } from 'react';
import { Tooltip } from '@base-ui/react/tooltip';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { AdaptersPanel } from './adapters/adapters-panel.js';
import { ChatPanel } from './chat/chat-panel.js';
import { EvaluatePanel } from './evaluate/evaluate-panel.js';
import { GalleryPanel } from './gallery/gallery-panel.js';
import { EmptyBinDialog } from './gallery/empty-bin-dialog.js';
import { GeneratePanel } from './generate/generate-panel.js';
import { NoticeBar } from './components/notice-bar.js';
import { SettingsPanel } from './settings/settings-panel.js';
import { DropVeil } from './shell/drop-veil.js';
import { KeyMap } from './shell/key-map.js';
import { Palette } from './shell/palette.js';
import { panelTitles } from './shell/panels.js';
import { Rail } from './shell/rail.js';
import { asPanel, type PanelName } from './shell/shell-store.js';
import { StatusBar } from './shell/status-bar.js';
import { TitleBar } from './shell/title-bar.js';
import { Toasts } from './shell/toasts.js';
import { useStudio } from './studio/studio-store.js';

const TIP_AFTER_MS = 500;

export function App({ problem }: { problem: string | null }) {
  const open = useStudio((state) => state.open);
  if (problem !== null) {
    return (
      <div className="start-up">
        <NoticeBar tone="bad">{problem}</NoticeBar>
      </div>
    );
  }
  if (!open) return <Opening />;
  return (
    <CSPProvider disableStyleElements>
      <Tooltip.Provider delay={TIP_AFTER_MS}>
        <div className="app">
          <TitleBar />
          <Rail />
          <main>
            <PanelFrame name="generate">
              <GeneratePanel />
            </PanelFrame>
            <PanelFrame name="gallery">
              <GalleryPanel />
            </PanelFrame>
            <PanelFrame name="adapters">
              <AdaptersPanel />
            </PanelFrame>
            <PanelFrame name="chat">
              <ChatPanel />
            </PanelFrame>
            <PanelFrame name="evaluate">
              <EvaluatePanel />
            </PanelFrame>
            <PanelFrame name="settings">
              <SettingsPanel />
            </PanelFrame>
          </main>
          <StatusBar />
          <DropVeil />
          <Toasts />
          <Palette />
          <KeyMap />
          <EmptyBinDialog />
        </div>
      </Tooltip.Provider>
    </CSPProvider>
  );
}

/** All panels stay as they were left, scroll and all; those out of sight take no focus and are not painted. */
function PanelFrame({ name, children }: { name: PanelName; children: React.ReactNode }) {
  const shown = useStudio(({ preferences }) => asPanel(preferences.panel) === name);
  return (
    <section className="panel" aria-label={panelTitles[name]} inert={!shown} data-shown={shown || undefined}>
      {children}
    </section>
  );
}

const WORDS_AFTER_MS = 400;

/** Words only when opening takes long enough to wonder. */
function Opening() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), WORDS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return <div className="start-up">{slow ? <p className="dim">Opening the studio</p> : null}</div>;
}
