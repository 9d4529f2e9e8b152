import { app } from 'electron';

/** Chromium's own errands to the network, switched off before it starts. */
export function stayOffline(): void {
  for (const name of [
    'disable-background-networking',
    'disable-component-update',
    'disable-domain-reliability',
    'no-pings',
    'no-proxy-server',
  ]) {
    app.commandLine.appendSwitch(name);
  }
  // Whatever may be left asks for a name first, and no name is ever found.
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
}
