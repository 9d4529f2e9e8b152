import type { GenerateTextRequest } from '../contracts/chat.js';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine } from '../contracts/engine.js';
import type { LanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer.js';
import type { ChatPeer } from './chat-peer.js';
import { privateMemory } from './private-memory.js';
import { median, row, type BenchRow } from './row.js';

export interface LanguageBench {
  readonly engine: Engine;
  /** The engine's process, once it runs. */
  readonly enginePid: () => number | null;
  readonly modelPath: string;
  readonly contextLength: number;
  readonly tokenizer: LanguageTokenizer;
  readonly device: DeviceWish;
  readonly weightCache: string;
  /** Opened, and idle but for their turns. */
  readonly peers: readonly ChatPeer[];
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** As long as the context allows; llama.cpp's own benchmark takes the same two lengths. */
const promptTokens = 512;
const answerTokens = 128;
const rounds = 7;

/**
 * Reading a prompt and writing an answer, greedily, each timed apart: what a person waits for the first token, and how
 * fast the others come. With peers every round asks each of them the same prompt's ids, in turns of changing order; a
 * round's first words are its own, so that no cache knows them.
 */
export async function languageRows(bench: LanguageBench): Promise<BenchRow[]> {
  const { engine, enginePid } = bench;
  const answers = Math.min(answerTokens, Math.floor(bench.contextLength / 3));
  const length = Math.min(promptTokens, bench.contextLength - answers - 1);
  const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0, stop: [] };
  const request = (text: string, maxTokens: number): GenerateTextRequest => ({
    modelPath: bench.modelPath,
    device: bench.device,
    prompt: { kind: 'text', text },
    answerSoFar: [],
    sampling: { ...sampling, maxTokens },
    logprobs: 0,
    weightCache: bench.weightCache,
  });
  const ask = (text: string) => engine.generateText(request(text, answers), () => undefined, bench.signal);

  // What never begins with the studio's word does not run the same model: its speed would say nothing. Once is enough:
  // where two words are nearly as likely, each engine's rounding decides.
  const saysTheSame = async (peer: ChatPeer): Promise<boolean> => {
    for (let round = 0; round < 4; round++) {
      const { text, ids } = promptOf(bench.tokenizer, 64, round);
      const ours = await engine.generateText(request(text, 4), () => undefined, bench.signal);
      const [first] = (await peer.ask(ids, 4)).ids;
      if (first !== undefined && ours.text.startsWith(bench.tokenizer.textOf(first))) return true;
    }
    return false;
  };

  await ask('Once'); // writes the prepared weights, once a model
  await engine.unload();
  await engine.capabilities();
  const before = await memoryOf(enginePid());
  const first = await ask(promptOf(bench.tokenizer, length, 0).text); // warms up, too
  const after = await memoryOf(enginePid());

  const ours = { prefill: [] as number[], decode: [] as number[], first: [] as number[] };
  const peers: ChatPeer[] = [];
  for (const peer of bench.peers) {
    if (await saysTheSame(peer)) peers.push(peer);
    else bench.say(`${peer.name} is left out: it goes on with other words than the studio.`);
  }
  const theirs = new Map(peers.map((peer) => [peer, { prefill: [] as number[], decode: [] as number[] }]));
  for (let round = 1; round <= rounds; round++) {
    const { text, ids } = promptOf(bench.tokenizer, length, round);
    const runs = [
      async () => {
        const { seconds, completionTokens, computedTokens } = await ask(text);
        const read = computedTokens - completionTokens + 1;
        ours.first.push(seconds.firstToken);
        ours.prefill.push(read / seconds.firstToken);
        ours.decode.push((completionTokens - 1) / (seconds.total - seconds.firstToken));
      },
      ...peers.map((peer) => async () => {
        const { prefill, decode } = await peer.ask(ids, answers);
        theirs.get(peer)?.prefill.push(ids.length / prefill);
        theirs.get(peer)?.decode.push((answers - 1) / decode);
      }),
    ];
    for (let k = 0; k < runs.length; k++) await runs[(round + k) % runs.length]!();
  }

  const rows = [
    row('load the language model', first.seconds.load, 's', null),
    row(`first token after ${length}`, median(ours.first) * 1000, 'ms', null),
    row(`read ${length} tokens`, median(ours.prefill), 'tokens/s', null),
    row(`write ${answers} tokens`, median(ours.decode), 'tokens/s', null),
  ];
  if (before !== null && after !== null) {
    rows.push(row('private memory of the language model', (after - before) / 1e6, 'MB', null));
  }
  for (const peer of peers) {
    const its = theirs.get(peer)!;
    const beside = (
      what: string,
      unit: BenchRow['unit'],
      mine: number,
      other: number,
      ratio: number,
      aim = '',
    ): BenchRow => ({
      ...row(what, mine, unit, aim === '' ? null : aim),
      peer: `${peer.name} (${other.toFixed(1)} ${unit})`,
      ratio,
    });
    const rates = (what: string, mine: number[], other: number[], aim?: string): BenchRow =>
      beside(what, 'tokens/s', median(mine), median(other), median(mine.map((rate, k) => rate / other[k]!)), aim);
    rows.push(rates(`read ${length} tokens`, ours.prefill, its.prefill));
    rows.push(rates(`write ${answers} tokens`, ours.decode, its.decode, peer.aim));
    rows.push(beside('load', 's', first.seconds.load, peer.loadSeconds, first.seconds.load / peer.loadSeconds));
    const memory = await privateMemory(peer.pid);
    if (after === null || memory === null) continue;
    rows.push(beside('private memory of the process', 'MB', after / 1e6, memory / 1e6, after / memory));
  }
  return rows;
}

const words =
  'the old lighthouse keeper counted boats while his daughter drew maps of islands that nobody had seen'.split(' ');

/** A text of exactly so many tokens as the tokenizer cuts it, a different one each round from its first word on. */
function promptOf(tokenizer: LanguageTokenizer, tokens: number, round: number): { text: string; ids: number[] } {
  let text = `${round + 2} friends`;
  let ids = tokenizer.encodeText(text);
  for (let k = 0; ids.length < tokens; k++) {
    const longer = `${text} ${words[(k * 7 + round * 3) % words.length]}`;
    const next = tokenizer.encodeText(longer);
    if (next.length > tokens) break;
    [text, ids] = [longer, next];
  }
  return { text, ids };
}

async function memoryOf(pid: number | null): Promise<number | null> {
  return pid === null ? null : privateMemory(pid);
}
