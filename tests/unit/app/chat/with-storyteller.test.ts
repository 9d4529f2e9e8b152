import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateText } from '../../../../main/engine/generate-text.js';
import { countChatTokens, languageModelFacts } from '../../../../main/engine/language-model-facts.js';
import { StepEngine } from '../test-parts.js';
import { openChat } from './chat-parts.js';

/** The real engine's answers, in this process; `computed` has what each of them took. */
class StorytellingEngine extends StepEngine {
  readonly computed: number[] = [];
  override generateText: StepEngine['generateText'] = async (request, progress, signal) => {
    let at = request.answerSoFar.length;
    const generated = await generateText(
      { ...request, modelPath },
      {
        signal,
        progress: (news) => {
          progress(news);
          if (news.phase === 'writing') at += news.tokens.length;
          void this.beforeToken(at);
        },
      },
    );
    this.computed.push(generated.computedTokens);
    return generated;
  };
  override languageModelFacts = () => languageModelFacts({ modelPath });
  override countChatTokens: StepEngine['countChatTokens'] = (request) => countChatTokens({ ...request, modelPath });
}

const modelPath = join(process.cwd(), 'native-models', 'embedded', 'storyteller');

async function openStory(maxTokens: number) {
  const engine = new StorytellingEngine();
  const chat = await openChat({ engine });
  const { id, settings } = chat.create();
  const sampling = { ...settings.sampling, temperature: 0.8, maxTokens };
  chat.conversations.saveSettings(id, { sampling });
  return { ...chat, engine, id };
}

describe('with the embedded storyteller', () => {
  test('a rival at token k costs one computed token, and the story goes on from it', async () => {
    const chat = await openStory(24);
    const { answer } = await chat.say(chat.id, 'Once upon a time');
    const tokens = chat.answering.tokensOf(answer.id);
    expect(tokens).toHaveLength(24);
    const rival = tokens[9]?.top.find(({ id }) => id !== tokens[9]?.id);
    const sampling = { ...chat.get(chat.id).settings.sampling, maxTokens: 1 };
    chat.conversations.saveSettings(chat.id, { sampling });
    const begun = await chat.answering.rival(answer.id, 9, rival?.id ?? -1);
    const sister = await chat.ended(begun.id);
    expect(chat.engine.computed.at(-1)).toBe(1);
    expect(sister.text.startsWith(begun.text)).toBe(true);
    expect(answer.text.startsWith(begun.text.slice(0, -(rival?.text.length ?? 0)))).toBe(true);
    expect(chat.answering.tokensOf(sister.id).map(({ id }) => id)).toEqual([
      ...tokens.slice(0, 9).map(({ id }) => id),
      ...[rival?.id, expect.any(Number)],
    ]);
  });

  test('a story that was stopped goes on as the one that was not', async () => {
    const chat = await openStory(60);
    const whole = (await chat.say(chat.id, 'Once upon a time')).answer;
    chat.engine.beforeToken = async (at) => {
      if (at > 5) await chat.answering.stop();
    };
    const [, answer] = await chat.answering.send(chat.id, null, 'Once upon a time');
    const cut = await chat.ended(answer?.id ?? '');
    expect(cut.answer?.state).toBe('cancelled');
    expect(cut.answer?.completionTokens).toBeLessThan(60);
    chat.engine.beforeToken = () => Promise.resolve();
    await chat.answering.goOn(cut.id);
    const ended = await chat.ended(cut.id);
    expect(ended.text).toBe(whole.text);
    expect(ended.answer).toMatchObject({ state: 'length', completionTokens: 60 });
    expect(chat.answering.tokensOf(cut.id)).toEqual(chat.answering.tokensOf(whole.id));
  });

  test('an edited answer is a sister with the person’s words, and the story goes on from them', async () => {
    const chat = await openStory(24);
    const { answer } = await chat.say(chat.id, 'Once upon a time');
    const sister = chat.answering.edit(answer.id, ', there was a red kite');
    expect(sister).toMatchObject({
      ...{ parent: answer.parent, text: ', there was a red kite' },
      answer: { state: 'edited', edited: true, completionTokens: 0, hasTokens: false },
    });
    expect(chat.get(chat.id)).toMatchObject({ shown: sister.id });
    expect(chat.turn(answer.id)).toEqual(answer);

    await chat.answering.goOn(sister.id);
    const ended = await chat.ended(sister.id);
    expect(ended.text.startsWith(', there was a red kite')).toBe(true);
    expect(ended.text.length).toBeGreaterThan(sister.text.length);
    expect(ended.answer).toMatchObject({ state: 'length', edited: true, hasTokens: true });
    const tokens = chat.answering.tokensOf(sister.id);
    expect(tokens.map(({ text }) => text).join('')).toBe(ended.text);
    const own = tokens.filter(({ logprob }) => logprob === null);
    expect(own.map(({ text }) => text).join('')).toBe(', there was a red kite');
    expect(tokens).toHaveLength(own.length + 24);

    // As a rival it has tokens like any other.
    const at = own.length + 2;
    const rival = tokens[at]?.top.find(({ id }) => id !== tokens[at]?.id);
    const branch = await chat.answering.rival(sister.id, at, rival?.id ?? -1);
    expect(branch.text.startsWith(', there was a red kite')).toBe(true);
    await chat.ended(branch.id);
  });

  test('words of another answer are cut into the tokens that the model would have chosen', async () => {
    const chat = await openStory(24);
    const { answer } = await chat.say(chat.id, 'Once upon a time');
    const tokens = chat.answering.tokensOf(answer.id).map(({ id }) => id);
    const sister = chat.answering.edit(answer.id, `${answer.text} `);
    await chat.answering.goOn(sister.id);
    await chat.ended(sister.id);
    expect(
      chat.answering
        .tokensOf(sister.id)
        .slice(0, tokens.length)
        .map(({ id }) => id),
    ).toEqual(tokens);
  });
});
