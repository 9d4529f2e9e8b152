/**
 * The studio beside llama.cpp, token by token, each at temperature 0 on the same prompts' ids. Both multiply in whole
 * numbers and round in different places, so two likely tokens may change places. Where the texts part, the dequantised
 * model in float32 is asked (the studio's own network at accuracy level 0, which agrees with transformers):
 *
 *   ours        the studio chose what that model chooses
 *   within      not so, but the logits of the two tokens are closer to each other there than llama.cpp's logits are to
 *               that model's at the worst: llama.cpp could not have told them apart either
 *   missed      neither; the exit status is 1
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { ChatPeer } from '../../../app/benchmark/chat-peer.js';
import { resolveHome } from '../../../app/storage/home.js';
import { installPeer, llamaCpp } from '../../../main/command-line/chat-peers.js';
import { table } from '../../../main/command-line/table.js';
import { languageModelFiles } from '../../../main/engine/language-model-files.js';
import { encodePrompt } from '../../../native-models/pipelines/language-prompt.js';
import type { LanguageNetwork } from '../../../native-models/runtime/language-network.js';
import { openLanguageNetwork } from '../../../native-models/runtime/language-network.js';
import { greedy } from '../../../native-models/sampling/greedy.js';

/** Of several kinds: facts, lists, code, sums, other languages, stories, nonsense; short ones and a long one. */
const prompts = [
  'What is the capital of France?',
  'Write a short poem about rain.',
  'Explain gravity to a child.',
  'List three fruits and their colours.',
  'Why is the sky blue?',
  'Translate “good morning” to Spanish.',
  'Write a function in Python that adds two numbers.',
  'What is 17 plus 25? Show the steps.',
  'Tell me a story about a fox that cannot sleep.',
  'Who wrote Hamlet, and when?',
  'Give me a recipe for pancakes.',
  'What is the difference between a list and a tuple in Python?',
  'Write a polite letter that cancels a meeting.',
  'How do plants make food from light?',
  'Name five cities in Japan.',
  'Wie heißt die Hauptstadt von Österreich?',
  'Summarise: the cat sat on the mat, then the dog came, and the cat left through the window.',
  'asdf qwer zxcv',
  'Write a haiku about autumn leaves in the wind.',
  'You are a pirate. A young sailor asks you how to find the north at night without a compass, and why it works. Answer in your own voice, in a few sentences, and end with a question to the sailor.',
];

const [modelPath, count = '64'] = process.argv.slice(2);
if (modelPath === undefined) {
  process.stderr.write('Say which model: node tests/peers/chat/greedy.mjs MODEL.gguf [TOKENS]\n');
  process.exit(2);
}
const home = resolveHome({ env: process.env, platform: process.platform, userHome: homedir() });
const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
const peers = await installPeer(llamaCpp, join(home, 'peers'), say, resolve('tests/peers/chat'));
// Nothing is timed, and on a busy machine threads of llama.cpp wait for each other for minutes.
const threads = 1;
const peer = await ChatPeer.open({ ...llamaCpp, script: join(peers, llamaCpp.script) }, resolve(modelPath), threads);

const model = await languageModelFiles(modelPath);
const tokenizer = await model.tokenizer();
const files = await model.runnable({ cacheFolder: join(home, 'prepared-weights') });
const studio = await openLanguageNetwork(files, { device: 'cpu' });
const exact = await openLanguageNetwork(files, { device: 'cpu', quantizedCompute: 'float32' });

const rows = [['', 'equal', 'ours', 'llama.cpp', 'exact', 'gap', 'error ours', 'error llama.cpp', '']];
let missed = 0;
let parted = 0;
for (const [n, text] of prompts.entries()) {
  const prompt = { kind: 'turns', messages: [{ role: 'user', content: text }] } as const;
  const { ids } = encodePrompt(tokenizer, model.template('own'), prompt);
  const theirs = (await peer.ask(ids, Number(count))).ids;
  const ours = await written(studio, ids, theirs);
  const equal = ours.length - Number(ours.at(-1) !== theirs[ours.length - 1]);
  const row = [`${n + 1}`, `${equal}`];
  rows.push(row);
  if (equal === theirs.length) {
    say(`${n + 1} of ${prompts.length}: equal`);
    continue;
  }
  parted++;
  const [mine, other] = [ours[equal]!, theirs[equal]!];
  const before = [...ids, ...theirs.slice(0, equal)];
  const [logits, ourLogits, theirLogits] = [
    await read(exact, before),
    await read(studio, before),
    await peer.logits(before),
  ];
  const gap = Math.abs(logits[mine]! - logits[other]!);
  const error = largestError(theirLogits, logits);
  const verdict = greedy(logits) === mine ? 'ours' : gap < error ? 'within' : 'missed';
  if (verdict === 'missed') missed++;
  row.push(...[mine, other, greedy(logits)].map((id) => JSON.stringify(tokenizer.textOf(id))));
  row.push(...[gap, largestError(ourLogits, logits), error].map((number) => number.toFixed(2)), verdict);
  say(`${n + 1} of ${prompts.length}: ${row.slice(1).join('  ')}`);
}
process.stdout.write(`${table(rows)}\n${prompts.length - parted} of ${prompts.length} equal for ${count} tokens, `);
process.stdout.write(`${parted - missed} part where they may, ${missed} missed\n`);
peer.close();
process.exit(Math.min(missed, 1));

/** What the studio's loop chooses after `ids`, up to the first token that is not the peer's. */
async function written(network: LanguageNetwork, ids: readonly number[], theirs: readonly number[]): Promise<number[]> {
  const chosen: number[] = [];
  let logits = await read(network, ids);
  for (;;) {
    const id = greedy(logits);
    chosen.push(id);
    if (chosen.length === theirs.length || id !== theirs[chosen.length - 1]) return chosen;
    logits = await network.forward([id], 'last');
  }
}

async function read(network: LanguageNetwork, ids: readonly number[]): Promise<Float32Array> {
  network.truncate(0);
  return network.forward(ids, 'last');
}

/** A shift of all logits changes no probability: llama.cpp's are compared after taking it out. */
function largestError(logits: Float32Array, exact: Float32Array): number {
  let shift = 0;
  for (const [id, logit] of logits.entries()) shift += (logit - exact[id]!) / logits.length;
  return logits.reduce((most, logit, id) => Math.max(most, Math.abs(logit - shift - exact[id]!)), 0);
}
