import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ChatPeer } from '../../app/benchmark/chat-peer.js';
import { languageRows } from '../../app/benchmark/language-rows.js';
import type { BenchRow } from '../../app/benchmark/row.js';
import type { DeviceWish } from '../../app/contracts/capabilities.js';
import type { ResolvedModel } from '../../app/library/library.js';
import { LanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer.js';
import { readLanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer-folder.js';
import { readLanguageGguf } from '../../native-models/weight-formats/gguf/language-gguf.js';
import type { Session } from './session.js';
import { UsageError } from './usage-error.js';

/** Part of a checkout, not of the packed app. */
const peerSource = fileURLToPath(new URL('../../tests/peers/chat/', import.meta.url));
const peerFiles = ['package.json', 'package-lock.json', 'node-llama-cpp.mjs'];

/** `bench` for a language model; with `peers` other engines are measured in the same run. */
export async function languageBench(
  session: Session,
  model: ResolvedModel,
  { device, peers }: { device: DeviceWish; peers: boolean },
): Promise<BenchRow[]> {
  const gguf = model.path.endsWith('.gguf') ? await readLanguageGguf(model.path) : null;
  if (peers && gguf === null) {
    throw new UsageError(`“--peers” needs a model that llama.cpp opens: a GGUF file, and ${model.name} is none.`);
  }
  session.progress.say(`Measuring ${model.name}; leave the machine alone for a minute or two.`);
  const { contextLength } = await session.engine.languageModelFacts({ modelPath: model.path });
  const tokenizer =
    gguf === null
      ? await readLanguageTokenizer(model.path)
      : new LanguageTokenizer(gguf.tokenizer.tokenizer, gguf.tokenizer.settings, gguf.label);
  const opened = peers && gguf !== null ? await openPeers(session, resolve(model.path)) : [];
  try {
    return await languageRows({
      engine: session.engine,
      enginePid: () => session.enginePid,
      modelPath: model.path,
      contextLength,
      tokenizer,
      device,
      weightCache: session.home.preparedWeights,
      peers: opened,
      say: (sentence) => session.progress.say(sentence),
      signal: session.signal,
    });
  } finally {
    for (const peer of opened) peer.close();
  }
}

/** Those that can be installed and open the model; of the others it is said why they are left out. */
async function openPeers(session: Session, file: string): Promise<ChatPeer[]> {
  const cache = join(session.home.root, 'peers');
  let folder: string;
  try {
    folder = await installed(cache, session);
  } catch (error) {
    session.progress.say(`No peer is measured: npm could not install them (${firstLine(error)}).`);
    return [];
  }
  const peer = { name: 'node-llama-cpp 3.22.1', aim: 'not slower', script: join(folder, 'node-llama-cpp.mjs') };
  try {
    return [await ChatPeer.open(peer, file, availableParallelism())];
  } catch (error) {
    session.progress.say(`${peer.name} is left out: ${firstLine(error)}`);
    return [];
  }
}

/** Installs the packages once for each state of their lock, outside the studio's own. */
async function installed(cache: string, session: Session): Promise<string> {
  const lock = await readFile(join(peerSource, 'package-lock.json'));
  const folder = join(cache, createHash('sha256').update(lock).digest('hex').slice(0, 16));
  await mkdir(folder, { recursive: true });
  for (const name of peerFiles) await copyFile(join(peerSource, name), join(folder, name));
  const done = join(folder, 'installed');
  if ((await readFile(done).catch(() => null)) !== null) return folder;
  session.progress.say('Installing node-llama-cpp from npm, once.');
  // Not “ci”: npm 11 leaves optional packages of other platforms out of a lock and then misses them.
  const args = [
    'install',
    '--ignore-scripts',
    '--omit=optional',
    '--omit=peer',
    '--no-audit',
    '--no-fund',
    '--no-save',
  ];
  await promisify(execFile)('npm', args, { cwd: folder, shell: process.platform === 'win32' });
  await copyFile(join(folder, 'package.json'), done);
  return folder;
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0]!;
