import { createRoot } from 'react-dom/client';
import './theme/fonts.css';
import './theme/tokens.css';
import './theme/base.css';
import './components/components.css';
import './shell/shell.css';
import './generate/generate.css';
import './gallery/gallery.css';
import './adapters/adapters.css';
import './chat/chat.css';
import './evaluate/evaluate.css';
import './settings/settings.css';
import { App } from './app.js';
import { asStudioError } from './bridge.js';
import { start } from './studio/start.js';

const element = document.getElementById('root');
if (element) {
  const root = createRoot(element);
  root.render(<App problem={null} />);
  start().catch((error: unknown) => root.render(<App problem={asStudioError(error).message} />));
}
