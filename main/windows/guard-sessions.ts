import { app, session, type Session } from 'electron';
import { scheme } from '../files-protocol/scheme.js';

/** What any page may load. None of these leaves the machine; `devtools:` is the debugger's own window. */
const localSchemes = new Set([`${scheme}:`, 'blob:', 'data:', 'devtools:']);

/** The only permission that is ever granted: copying plain text after a press of a key or button. */
const copyText = 'clipboard-sanitized-write';

/** No network, no permission, no download, no new window, no navigation: for every session and page there will be. */
export function guardSessions(log: (line: string) => void): void {
  app.on('session-created', (created) => guardSession(created, log));
  guardSession(session.defaultSession, log);
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(({ url }) => {
      log(`refused to open ${url.slice(0, 200)}`);
      return { action: 'deny' };
    });
    const refuse = (event: { preventDefault(): void }) => event.preventDefault();
    contents.on('will-navigate', refuse);
    contents.on('will-frame-navigate', refuse);
    contents.on('will-redirect', refuse);
    contents.on('will-attach-webview', refuse);
  });
}

function guardSession(guarded: Session, log: (line: string) => void): void {
  guarded.webRequest.onBeforeRequest((details, callback) => {
    const cancel = !isLocal(details.url);
    if (cancel) log(`refused a request to ${details.url.slice(0, 200)}`);
    callback({ cancel });
  });
  guarded.setPermissionRequestHandler((_contents, permission, callback) => callback(permission === copyText));
  guarded.setPermissionCheckHandler((_contents, permission) => permission === copyText);
  guarded.setDevicePermissionHandler(() => false);
  guarded.on('will-download', (event) => event.preventDefault());
  guarded.setSpellCheckerEnabled(false);
}

function isLocal(url: string): boolean {
  return URL.canParse(url) && localSchemes.has(new URL(url).protocol);
}
