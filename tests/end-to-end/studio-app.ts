import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { _electron, type ElectronApplication, type Page } from 'playwright';

/** The repository's root: what Electron is started on, and where `inkstone` is called. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The real application with a real engine, on a home of its own. */
export interface StudioApp {
  readonly app: ElectronApplication;
  readonly window: Page;
  /** Addresses that the window asked for since it opened. */
  readonly requests: string[];
  /** Quits as a person would; the home stays. */
  quit(): Promise<void>;
}

/** `packed` is the executable of a packed app; without it the built tree is started. */
export async function startStudio(home: string, options: { packed?: string | undefined } = {}): Promise<StudioApp> {
  const environment = { ...process.env, INKSTONE_HOME: home } as Record<string, string>;
  const flags = ['--disable-gpu', '--force-prefers-reduced-motion'];
  const app = await _electron.launch({
    ...(options.packed === undefined ? { args: [root, ...flags] } : { executablePath: options.packed, args: flags }),
    cwd: root,
    env: environment,
  });
  const requests: string[] = [];
  const window = await app.firstWindow();
  window.on('request', (request) => requests.push(request.url()));
  await window.getByRole('navigation').waitFor();
  return { app, window, requests, quit: () => app.close() };
}

/** A fresh home that is deleted when the test ends. */
export async function temporaryHome(): Promise<{ home: string; [Symbol.asyncDispose](): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'inkstone-test-'));
  return { home, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}

/** `npx inkstone ...args`, as a process of its own. */
export async function inkstone(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [resolve(root, 'main/set-up/inkstone.mjs'), ...args], { cwd: root });
}

/** What a person does with the mouse: over the window, and let go. */
export async function drop(window: Page, files: readonly string[]): Promise<void> {
  const client = await window.context().newCDPSession(window);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    const data = { items: [], files: [...files], dragOperationsMask: 1 };
    await client.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  }
  await client.detach();
}

/** The process that runs models, for tests that kill it. */
export async function enginePid({ app }: StudioApp): Promise<number> {
  const metrics = await app.evaluate(({ app: electron }) => electron.getAppMetrics());
  const engine = metrics.find(({ name, serviceName }) => [name, serviceName].includes('Inkstone engine'));
  if (engine === undefined) throw new Error(`no engine among ${JSON.stringify(metrics)}`);
  return engine.pid;
}
