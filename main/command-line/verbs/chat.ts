import { deviceWish } from '../../../app/contracts/capabilities.js';
import type { ChatMessage, ChatToken } from '../../../app/contracts/chat.js';
import { AskedModel, randomSeed, samplingOf, withoutControls, type Answered } from '../ask-model.js';
import { converse } from '../conversation.js';
import { modelJson } from '../model-report.js';
import { table } from '../table.js';
import { UsageError } from '../usage-error.js';
import type { Outcome, Verb } from '../verb.js';
import { secondsInWords } from '../words.js';

export const chat: Verb = {
  name: 'chat',
  usage: '[--prompt P]',
  summary: 'an answer of a language model; without --prompt, turn by turn',
  flags: {
    prompt: { value: 'P', help: 'what is said; one answer and the end' },
    system: { value: 'S', help: 'what the model is told before the first turn' },
    model: { value: 'M', help: 'a folder, a GGUF file, a library id or name; else the last one used' },
    temperature: { value: 'T', help: '0 always takes the likeliest token' },
    'max-tokens': { value: 'N', help: 'the longest answer' },
    seed: { value: 'S', help: 'the same seed gives the same text; random without it' },
    logprobs: { value: 'K', help: 'with --prompt: the K likeliest tokens at each place' },
  },
  positionals: [],
  async run(given, session) {
    const prompt = given.text('prompt');
    const system = given.text('system');
    const temperature = given.number('temperature', { least: 0, most: 10 });
    const maxTokens = given.integer('max-tokens', { least: 1, most: Number.MAX_SAFE_INTEGER });
    const seed = given.integer('seed', { least: 0, most: Number.MAX_SAFE_INTEGER }) ?? randomSeed();
    const logprobs = given.integer('logprobs', { least: 0, most: 20 }) ?? 0;
    const device = given.choice('device', deviceWish.options) ?? 'auto';
    const asJson = given.has('json');
    if (prompt === undefined && (asJson || logprobs > 0)) {
      const flag = asJson ? '--json' : '--logprobs';
      throw new UsageError(`${flag} is for one answer; for example: inkstone chat --prompt "Once upon a time" ${flag}`);
    }

    const library = await session.library();
    session.progress.show('Looking at the model');
    const model = await library.resolveLanguage(given.text('model'));
    const facts = await session.engine.languageModelFacts({ modelPath: model.path });
    session.progress.clear();
    const sampling = samplingOf(facts, { temperature, maxTokens, seed });
    const weightCache = session.home.preparedWeights;
    const asked = new AskedModel(session.engine, session.progress, model, { device, weightCache });
    const write = (text: string): void =>
      void process.stdout.write(process.stdout.isTTY ? withoutControls(text) : text);
    if (model.id !== null) library.rememberLanguage(model.id);

    if (prompt === undefined) {
      const { stdin: input, stderr: asides } = process;
      await converse({ model: asked, system, sampling, input, asides, write, signal: session.signal });
      return { json: {}, text: null };
    }
    const messages: ChatMessage[] = [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: prompt },
    ];
    const onText = asJson ? () => undefined : write;
    const answer = await asked.answer({ messages, sampling, logprobs, signal: session.signal, onText });
    if (!asJson) {
      write('\n');
      session.progress.say(`${figures(answer)}, seed ${seed}`);
    }
    return { json: { ...jsonOf(answer, logprobs), model: modelJson(model), settings: sampling }, text: rivals(answer) };
  },
};

/** As the contract has it: `token` is a token's text. */
function jsonOf(answer: Answered, logprobs: number): object {
  const { text, finish, promptTokens, completionTokens, computedTokens, device, notices, seconds, chosen } = answer;
  const asToken = ({ id, text: token, logprob }: Omit<ChatToken, 'top'>) => ({ id, token, logprob });
  return {
    text,
    finish,
    tokens: { prompt: promptTokens, completion: completionTokens, computed: computedTokens },
    logprobs: logprobs === 0 ? [] : chosen.map((token) => ({ ...asToken(token), top: token.top.map(asToken) })),
    seconds,
    device,
    notices,
  };
}

function figures({ completionTokens, finish, device, seconds }: Answered): string {
  const writing = seconds.total - seconds.firstToken;
  const speed =
    completionTokens > 1 && writing > 0 ? `, ${((completionTokens - 1) / writing).toFixed(1)} a second` : '';
  const end = { stop: '', length: ' (the limit)', cancelled: ' (stopped)' }[finish];
  return `${completionTokens} tokens${end}${speed}, the first after ${secondsInWords(seconds.firstToken)} on ${device}`;
}

/** A line a token, with --logprobs: the token, its probability, and its rivals with theirs. */
function rivals({ chosen }: Answered): Outcome['text'] {
  if (!chosen.some(({ logprob }) => logprob !== null)) return null;
  const cell = ({ text, logprob }: Omit<ChatToken, 'top'>) =>
    `${JSON.stringify(withoutControls(text))} ${(100 * Math.exp(logprob ?? 0)).toFixed(1)} %`;
  return table(chosen.map((token) => [cell(token), ...token.top.filter(({ id }) => id !== token.id).map(cell)]));
}
