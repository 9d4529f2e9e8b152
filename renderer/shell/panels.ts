import Candles from 'lucide-react/icons/chart-candlestick';
import Brush from 'lucide-react/icons/brush';
import Layers from 'lucide-react/icons/layers';
import Images from 'lucide-react/icons/layout-dashboard';
import MessageSquare from 'lucide-react/icons/message-square';
import SlidersHorizontal from 'lucide-react/icons/sliders-horizontal';
import type { IconComponent } from '../components/icon.js';
import type { Action } from '../keyboard/action.js';
import { shellActions } from './actions.js';
import type { PanelName } from './shell-store.js';

export const panelTitles: Record<PanelName, string> = {
  generate: 'Generate',
  gallery: 'Gallery',
  adapters: 'Adapters',
  chat: 'Chat',
  evaluate: 'Evaluate',
  settings: 'Settings',
};

interface PanelEntry {
  readonly name: PanelName;
  readonly icon: IconComponent;
  readonly action: Action;
}

/** What the rail shows, in order; the panel keys follow it. */
export const panels: readonly PanelEntry[] = [
  { name: 'generate', icon: Brush, action: shellActions.generatePanel },
  { name: 'gallery', icon: Images, action: shellActions.galleryPanel },
  { name: 'adapters', icon: Layers, action: shellActions.adaptersPanel },
  { name: 'chat', icon: MessageSquare, action: shellActions.chatPanel },
  { name: 'evaluate', icon: Candles, action: shellActions.evaluatePanel },
  { name: 'settings', icon: SlidersHorizontal, action: shellActions.settingsPanel },
];
