import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { ChatPeer } from '../../app/benchmark/chat-peer.js';
import { languageRows } from '../../app/benchmark/language-rows.js';
import type { BenchRow } from '../../app/benchmark/row.js';
import type { DeviceWish } from '../../app/contracts/capabilities.js';
import type { ResolvedModel } from '../../app/library/library.js';
import { LanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer.js';
import { readLanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer-folder.js';
import { readLanguageGguf } from '../../native-models/weight-formats/gguf/language-gguf.js';
import { installPeer, llamaCpp, transformersExports } from './chat-peers.js';
import type { Session } from './session.js';
import { UsageError } from './usage-error.js';

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
  const folder = join(session.home.root, 'peers');
  const exports = await transformersExports(folder, file);
  if (exports.length === 0) {
    session.progress.say(
      'transformers.js is left out: it needs an export of this model, which tests/peers/chat/transformers-js/make_folders.py makes.',
    );
  }
  const opened: ChatPeer[] = [];
  for (const peer of [{ ...llamaCpp, model: file }, ...exports]) {
    try {
      const script = join(await installPeer(peer, folder, (sentence) => session.progress.say(sentence)), peer.script);
      opened.push(await ChatPeer.open({ ...peer, script }, peer.model, availableParallelism()));
    } catch (error) {
      session.progress.say(`${peer.name} is left out: ${firstLine(error)}`);
    }
  }
  return opened;
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0]!;
