import { describe, expect, test } from 'vitest';
import { usualSampling } from '../../../../app/contracts/chat.js';
import { makeModel, settings, StepEngine, until } from '../test-parts.js';
import { holdBeforeToken, languageModel, openChat } from './chat-parts.js';

describe('sending', () => {
  test('a turn and its running answer are on the disk before anything is computed', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const hold = holdBeforeToken(chat.engine, 0);
    const turns = await chat.answering.send(id, null, 'Where did the boat go?');
    expect(chat.engine.textCalls).toEqual([]);
    const other = await openChat({ place: chat.place });
    expect(other.get(id)).toMatchObject({
      ...{ title: 'Where did the boat go?', shown: turns[1]?.id },
      turns: [
        { id: turns[0]?.id, parent: null, role: 'user', text: 'Where did the boat go?', answer: null },
        { id: turns[1]?.id, parent: turns[0]?.id, role: 'assistant', text: '', answer: { state: 'lost' } },
      ],
    });
    hold.release();
  });

  test('an answer comes token by token, and is whole at its end', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { answer } = await chat.say(id, 'Where did the boat go?');
    expect(answer.text).toMatch(/^\S.* /);
    expect(chat.tokens.map(({ text }) => text).join('')).toBe(answer.text);
    expect(chat.tokens.flatMap(({ tokens }) => tokens)).toHaveLength(12);
    expect(chat.tokens.every(({ turn, conversation }) => turn === answer.id && conversation === id)).toBe(true);
    expect(answer.answer).toMatchObject({
      ...{ state: 'stop', model: { id: 'embedded-storyteller', name: 'Inkstone storyteller' }, device: 'cpu' },
      ...{ promptTokens: 5, completionTokens: 12, hasTokens: true, error: null },
      sampling: { seed: 3, temperature: 0.5, topP: 0.9, topK: 40 },
    });
    expect(answer.answer?.tokensPerSecond).toBeCloseTo(11 / 1.2);
    const details = chat.answering.tokensOf(answer.id);
    expect(
      details
        .map(({ text }) => text)
        .join('')
        .trim(),
    ).toBe(answer.text);
    expect(details.every(({ top }) => top.length === 4)).toBe(true);
  });

  test('the model reads the way that leads to the turn, after the system prompt', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const first = await chat.say(id, 'One');
    const second = await chat.say(id, 'Two', first.answer.id);
    await chat.say(id, 'Another two', first.answer.id);
    chat.conversations.saveSettings(id, { system: 'Be brief.' });
    await chat.say(id, 'Three', second.answer.id);
    const prompt = chat.engine.textCalls.at(-1)?.prompt;
    expect(prompt?.kind === 'turns' && prompt.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One' },
      { role: 'assistant', content: first.answer.text },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: second.answer.text },
      { role: 'user', content: 'Three' },
    ]);
  });

  test('an answer that said nothing is left out, and the turns around it are read as one', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    chat.engine.textFates.push({ atToken: 0, kind: 'out-of-memory' });
    const { answer } = await chat.say(id, 'One');
    await chat.say(id, 'Two', answer.id);
    const prompt = chat.engine.textCalls.at(-1)?.prompt;
    expect(prompt?.kind === 'turns' && prompt.messages).toEqual([{ role: 'user', content: 'One\n\nTwo' }]);
  });

  test('two sends at once: the second is refused in a sentence, and nothing of it is kept', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const both = await Promise.allSettled([chat.answering.send(id, null, 'One'), chat.answering.send(id, null, 'Two')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({
      reason: { kind: 'bad-input', message: 'An answer is being written: stop it, or wait for its end.' },
    });
    await expect(chat.answering.again(chat.get(id).turns[1]?.id ?? '')).rejects.toMatchObject({ kind: 'bad-input' });
    expect(chat.get(id).turns.map(({ text }) => text)).toEqual(['One', expect.anything()]);
  });

  test('refuses nothing, too much, a model that draws, one that is gone and turns of others', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    await expect(chat.answering.send(id, null, ' \n ')).rejects.toMatchObject({ kind: 'bad-input' });
    await expect(chat.answering.send(id, null, 'x'.repeat(8_000_001))).rejects.toThrow(/at most 8,000,000 characters/);
    const other = chat.create();
    const { asked } = await chat.say(other.id, 'Theirs');
    await expect(chat.answering.send(id, asked.id, 'Mine')).rejects.toThrow(
      'This turn belongs to another conversation.',
    );
    await expect(chat.answering.send(other.id, asked.id, 'More')).rejects.toThrow(/has no answer yet/);
    chat.conversations.saveSettings(id, { model: 'embedded-pictures' });
    await expect(chat.answering.send(id, null, 'Draw')).rejects.toMatchObject({ kind: 'unfit-model' });
    chat.conversations.saveSettings(id, { model: 'gone' });
    await expect(chat.answering.send(id, null, 'Hello')).rejects.toMatchObject({ kind: 'not-found' });
    expect(chat.get(id)).toMatchObject({ turns: [], shown: null, title: 'New conversation' });
  });

  test('keeps a paste of a million characters, and says what the model says of its length', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const paste = 'word '.repeat(200_000);
    const { asked, answer } = await chat.say(id, paste);
    expect(asked.text).toHaveLength(1_000_000);
    expect(chat.turn(asked.id).text).toBe(paste);
    expect(answer.answer).toMatchObject({
      state: 'failed',
      error: { kind: 'bad-input', message: 'The conversation is too long: shorten it, or begin a new one.' },
    });
    expect(answer.answer?.error).not.toHaveProperty('stack');
  });

  test('shows control characters instead of obeying them, and mends halved characters', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { asked } = await chat.say(id, 'a\0b\u001b[31mred\r\nline\ttab\ud83d end \ud83d\ude42\u0085');
    expect(chat.turn(asked.id).text).toBe('a␀b␛[31mred\nline\ttab\u{fffd} end 🙂\u{fffd}');
  });

  test('an answer that waits for a picture says so, and can be stopped while it waits', async () => {
    const engine = new StepEngine();
    let busy = true;
    const chat = await openChat({ engine, busy: () => busy });
    const { id } = chat.create();
    let release = () => {};
    engine.beforeStep = () => new Promise((resolve) => (release = resolve));
    const { model: _model, ...picture } = settings;
    const request = { ...picture, modelPath: '', device: 'cpu', apply: 'auto', latents: null } as const;
    const drawing = engine.generate(
      { ...request, adapters: [], checkpointFile: null, previewCache: null, steps: 1 },
      () => undefined,
      new AbortController().signal,
    );
    const [, answer] = await chat.answering.send(id, null, 'Hello');
    await until(() => chat.progress.length > 0);
    expect(chat.progress[0]).toMatchObject({
      ...{ turn: answer?.id, phase: 'loading' },
      notice: 'A picture is being made: the answer begins when it is done.',
    });
    await chat.answering.stop();
    expect(chat.turn(answer?.id ?? '').answer?.state).toBe('cancelled');

    release();
    await drawing;
    busy = false;
    const next = await chat.say(id, 'Hello again');
    expect(next.answer.answer?.state).toBe('stop');
    expect(engine.textCalls).toHaveLength(1);
  });

  test('tells what is read before it writes', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    await chat.say(id, 'Hello there');
    expect(chat.progress.map(({ phase, read, toRead, notice }) => [phase, read, toRead, notice])).toEqual([
      ['loading', 0, 0, null],
      ['loading', 0, 0, null],
      ['reading', 0, 0, null],
      ['reading', 2, 2, null],
    ]);
  });

  test('tells tokens at most thirty times a second, however fast they come', async () => {
    const chat = await openChat();
    chat.engine.answerLength = 400;
    const { id } = chat.create();
    const began = performance.now();
    const { answer } = await chat.say(id, 'Hello');
    const most = Math.ceil((performance.now() - began) / 33) + 2;
    expect(answer.answer?.completionTokens).toBe(400);
    expect(chat.tokens.length).toBeLessThanOrEqual(most);
    expect(chat.tokens.map(({ text }) => text).join('')).toBe(answer.text);
  });
});

describe('branches', () => {
  test('an edit is a sister of the turn, and the first way stays as it was', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const first = await chat.say(id, 'Where did the boat go?');
    const edit = await chat.say(id, 'Where did the ship go then?');
    const { turns, shown, title } = chat.get(id);
    expect(turns.map(({ parent, text }) => [parent, text])).toEqual([
      [null, 'Where did the boat go?'],
      [first.asked.id, first.answer.text],
      [null, 'Where did the ship go then?'],
      [edit.asked.id, edit.answer.text],
    ]);
    expect(shown).toBe(edit.answer.id);
    expect(title).toBe('Where did the boat go?');
    expect(chat.conversations.list('')).toMatchObject([{ id, turns: 4, branches: 2 }]);
    chat.conversations.show(id, first.answer.id);
    expect(chat.get(id).shown).toBe(first.answer.id);
  });

  test('another answer has a new seed, unless one is set', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { asked, answer } = await chat.say(id, 'Hello');
    const same = await chat.ended((await chat.answering.again(answer.id)).id);
    expect(same).toMatchObject({ parent: asked.id, text: answer.text });
    const { sampling } = chat.get(id).settings;
    chat.conversations.saveSettings(id, { sampling: { ...sampling, seed: null } });
    const seeds = new Set<number | undefined>();
    for (let k = 0; k < 3; k += 1) {
      seeds.add((await chat.ended((await chat.answering.again(answer.id)).id)).answer?.sampling.seed);
    }
    expect(seeds.size).toBe(3);
    expect(chat.get(id).turns.filter(({ parent }) => parent === asked.id)).toHaveLength(5);
    expect(chat.conversations.list('')).toMatchObject([{ turns: 6, branches: 5 }]);
  });

  test('a rival begins with the same tokens, and only what follows it is asked for', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { asked, answer } = await chat.say(id, 'Hello');
    const tokens = chat.answering.tokensOf(answer.id);
    const rival = tokens[5]?.top[2];
    const sister = await chat.answering.rival(answer.id, 5, rival?.id ?? -1);
    const begins = tokens
      .slice(0, 5)
      .map(({ text }) => text)
      .join('')
      .trimStart();
    expect(sister).toMatchObject({ parent: asked.id, text: begins + rival?.text, answer: { completionTokens: 6 } });
    const ended = await chat.ended(sister.id);
    expect(chat.engine.textCalls.at(-1)?.answerSoFar).toEqual([
      ...tokens.slice(0, 5).map((each) => each.id),
      rival?.id,
    ]);
    expect(ended.text.startsWith(sister.text)).toBe(true);
    expect(ended.text).not.toBe(answer.text);
    const kept = chat.answering.tokensOf(sister.id);
    expect(kept).toHaveLength(12);
    expect(kept[5]).toEqual({ ...rival, top: tokens[5]?.top });
    expect(chat.turn(answer.id).text).toBe(answer.text);
    expect(chat.get(id).shown).toBe(sister.id);
  });

  test('refuses a rival that is none, and a place beyond the answer', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { asked, answer } = await chat.say(id, 'Hello');
    await expect(chat.answering.rival(answer.id, 12, 0)).rejects.toThrow('there is none at 12');
    await expect(chat.answering.rival(answer.id, 0, 999)).rejects.toThrow(/not among the rivals/);
    await expect(chat.answering.rival(asked.id, 0, 0)).rejects.toThrow(/is no answer/);
    expect(chat.get(id).turns).toHaveLength(2);
  });
});

describe('an answer that is cut short', () => {
  test('stop keeps what was said, and going on gives the text that it would have been', async () => {
    const chat = await openChat();
    const whole = (await chat.say(chat.create().id, 'Hello')).answer;
    const { id } = chat.create();
    const hold = holdBeforeToken(chat.engine, 5);
    const [, answer] = await chat.answering.send(id, null, 'Hello');
    await hold.reached;
    const stopped = chat.answering.stop();
    hold.release();
    await stopped;
    const cut = chat.turn(answer?.id ?? '');
    expect(cut.answer).toMatchObject({ state: 'cancelled', completionTokens: 5 });
    expect(whole.text.startsWith(cut.text)).toBe(true);

    const told = chat.tokens.length;
    const running = await chat.answering.goOn(cut.id);
    expect(running).toMatchObject({ id: cut.id, text: cut.text, answer: { state: 'running', completionTokens: 5 } });
    const ended = await chat.ended(cut.id);
    expect(ended).toMatchObject({ text: whole.text, answer: { state: 'stop', completionTokens: 12 } });
    expect(
      cut.text +
        chat.tokens
          .slice(told)
          .map(({ text }) => text)
          .join(''),
    ).toBe(whole.text);
    expect(chat.answering.tokensOf(cut.id)).toEqual(chat.answering.tokensOf(whole.id));
    expect(chat.get(id).turns).toHaveLength(2);
  });

  test('an engine that is lost leaves what was said, and it goes on from exactly there', async () => {
    const chat = await openChat();
    const whole = (await chat.say(chat.create().id, 'Hello')).answer;
    const { id } = chat.create();
    chat.engine.textFates.push({ atToken: 7, kind: 'engine-lost' });
    const { answer } = await chat.say(id, 'Hello');
    expect(answer.answer).toMatchObject({ state: 'lost', completionTokens: 7, error: { kind: 'engine-lost' } });
    expect(answer.text).not.toBe('');
    await chat.answering.goOn(answer.id);
    expect(await chat.ended(answer.id)).toMatchObject({ text: whole.text, answer: { state: 'stop', error: null } });
    expect(chat.engine.textCalls.at(-1)?.answerSoFar).toHaveLength(7);
    expect(chat.engine.textCalls.at(-1)?.sampling.seed).toBe(3);
  });

  test('a studio that is killed finds the answer lost at its next start, with what was saved', async () => {
    const chat = await openChat();
    const whole = (await chat.say(chat.create().id, 'Hello')).answer;
    const { id } = chat.create();
    // The first token is saved at once, the others within a second.
    const hold = holdBeforeToken(chat.engine, 1);
    const [, answer] = await chat.answering.send(id, null, 'Hello');
    await hold.reached;
    const next = await openChat({ place: chat.place });
    const lost = next.turn(answer?.id ?? '');
    expect(lost.answer).toMatchObject({ state: 'lost', completionTokens: 1, hasTokens: true });
    expect(lost.text).not.toBe('');
    await next.answering.goOn(lost.id);
    expect(await next.ended(lost.id)).toMatchObject({ text: whole.text, answer: { state: 'stop' } });
    hold.release();
  });

  test('one that reached its limit goes on for as long again', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { sampling } = chat.get(id).settings;
    chat.conversations.saveSettings(id, { sampling: { ...sampling, maxTokens: 5 } });
    const { answer } = await chat.say(id, 'Hello');
    expect(answer.answer).toMatchObject({ state: 'length', completionTokens: 5 });
    await chat.answering.goOn(answer.id);
    expect((await chat.ended(answer.id)).answer).toMatchObject({ state: 'length', completionTokens: 10 });
    await chat.answering.goOn(answer.id);
    expect((await chat.ended(answer.id)).answer).toMatchObject({ state: 'stop', completionTokens: 12 });
    await expect(chat.answering.goOn(answer.id)).rejects.toThrow('This answer came to its own end.');
  });

  test('one that something follows goes on as a sister: what follows was said to the old one', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    chat.engine.textFates.push({ atToken: 4, kind: 'engine-lost' });
    const { asked, answer } = await chat.say(id, 'Hello');
    await chat.say(id, 'And then?', answer.id);
    const sister = await chat.ended((await chat.answering.goOn(answer.id)).id);
    expect(sister).toMatchObject({ parent: asked.id, answer: { state: 'stop', completionTokens: 12 } });
    expect(sister.id).not.toBe(answer.id);
    expect(chat.turn(answer.id)).toEqual(answer);
    expect(chat.answering.tokensOf(answer.id)).toHaveLength(4);
  });

  test('closing the studio stops the answer and keeps what was said', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const hold = holdBeforeToken(chat.engine, 3);
    const [, answer] = await chat.answering.send(id, null, 'Hello');
    await hold.reached;
    const closed = chat.answering.close();
    hold.release();
    await closed;
    await expect(chat.answering.send(id, null, 'More')).rejects.toMatchObject({ kind: 'cancelled' });
    const next = await openChat({ place: chat.place });
    expect(next.turn(answer?.id ?? '').answer).toMatchObject({ state: 'cancelled', completionTokens: 3 });
  });

  test('a window that opens in the middle sees what was said, and hears the rest', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const hold = holdBeforeToken(chat.engine, 6);
    const [, answer] = await chat.answering.send(id, null, 'Hello');
    await hold.reached;
    await until(() => chat.tokens.flatMap(({ tokens }) => tokens).length === 6);
    const now = chat.turn(answer?.id ?? '');
    const heard = chat.tokens.length;
    expect(now.answer).toMatchObject({ state: 'running', completionTokens: 6, hasTokens: true });
    expect(chat.answering.tokensOf(now.id)).toHaveLength(6);
    hold.release();
    const ended = await chat.ended(now.id);
    expect(
      now.text +
        chat.tokens
          .slice(heard)
          .map(({ text }) => text)
          .join(''),
    ).toBe(ended.text);
  });
});

describe('what is said before an answer starts', () => {
  test('counts the way with a draft, and warns when little room is left', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { sampling } = chat.get(id).settings;
    chat.conversations.saveSettings(id, { sampling: { ...sampling, maxTokens: 100 } });
    expect(await chat.answering.countTokens(id, null, '')).toEqual({ tokens: 0, limit: 512, notice: null });
    const { answer } = await chat.say(id, 'one two three');
    const words = 3 + answer.text.split(/\s+/).length;
    expect(await chat.answering.countTokens(id, answer.id, 'four')).toEqual({
      ...{ tokens: words + 1, limit: 512, notice: null },
    });
    const little = await chat.answering.countTokens(id, answer.id, 'word '.repeat(430).trim());
    expect(little.notice).toBe(
      `There is room for ${512 - words - 430} more tokens: the answer may be cut short. A new conversation has room for 512.`,
    );
    const none = await chat.answering.countTokens(id, answer.id, 'word '.repeat(600).trim());
    expect(none.notice).toMatch(/^The conversation has 6\d\d tokens, and this model reads at most 512: shorten it/);
  });

  test('says whether a model fits, and what it is', async () => {
    const chat = await openChat();
    expect(await chat.models.fit('embedded-storyteller')).toEqual({
      ...{ weights: 1_000_000, cache: 512_000, free: 1e9, fits: true, canFit: true, contextLength: 512, chats: true },
      ...{ about: 'It continues stories.', defaultSystem: null, notices: [] },
      sampling: { ...usualSampling, temperature: 0.5, topP: 0.9, seed: null, maxTokens: 512 },
    });
    chat.engine.facts = { ...chat.engine.facts, weightBytes: 2e9 };
    expect(await chat.models.fit('embedded-storyteller')).toMatchObject({
      ...{ fits: false, canFit: true },
      notices: [
        'This model needs some 2.0 GB of memory and 1.0 GB are free: close other programs, or choose a smaller model.',
      ],
    });
    // Other programs are not to blame where the whole computer is too small.
    chat.engine.facts = { ...chat.engine.facts, weightBytes: 4e10, preparedBytes: 4e10 };
    expect(await chat.models.fit('embedded-storyteller')).toMatchObject({
      ...{ fits: false, canFit: false },
      notices: [
        'This model needs some 40.0 GB of memory, and this computer has 3.0 GB in all: choose a smaller model, or one with fewer bits a weight.',
      ],
    });
    chat.engine.facts = { ...chat.engine.facts, preparedBytes: 0, defaultSystem: 'You are a\0 boat.' };
    expect(await chat.models.fit('embedded-storyteller')).toMatchObject({ defaultSystem: 'You are a␀ boat.' });
    chat.engine.facts = { ...chat.engine.facts, weightBytes: 5e8, cacheBytesPerToken: 1e5, contextLength: 131_072 };
    expect(await chat.models.fit('embedded-storyteller')).toMatchObject({
      fits: true,
      notices: ['The memory that is free holds some 5,000 tokens of a conversation; the model could read 131,072.'],
    });
    await expect(chat.models.fit('embedded-pictures')).rejects.toMatchObject({ kind: 'unfit-model' });
  });

  test('the model that answered last is the next conversation’s, until it is forgotten', async () => {
    const chat = await openChat();
    expect(await chat.models.lastUsed()).toBe('embedded-storyteller');
    const path = await makeModel(`${chat.place.root}/mine`, { ...languageModel, name: 'Mine' });
    const { model } = await chat.library.importModel(path);
    const { id } = chat.create();
    chat.conversations.saveSettings(id, { model: model.id });
    await chat.say(id, 'Hello');
    expect(await (await openChat({ place: chat.place })).models.lastUsed()).toBe(model.id);
    await chat.library.forget(model.id);
    expect(await chat.models.lastUsed()).toBe('embedded-storyteller');
  });

  test('another model brings its own sampling, but for the values that a person changed', async () => {
    const chat = await openChat();
    const path = await makeModel(`${chat.place.root}/mine`, { ...languageModel, name: 'Mine' });
    const { model } = await chat.library.importModel(path);
    const { settings: now } = chat.create();
    const { facts } = chat.engine;
    /** What is asked first is what the old model likes. */
    const change = (sampling: Partial<typeof now.sampling>) => {
      const liked = [facts.sampling, { temperature: 1.5, topK: 7 }];
      chat.engine.languageModelFacts = () => Promise.resolve({ ...facts, sampling: liked.shift() ?? {} });
      return chat.models.changeOf({ ...now, sampling: { ...now.sampling, ...sampling } }, { model: model.id });
    };
    expect(await change({})).toEqual({
      model: model.id,
      sampling: { ...now.sampling, temperature: 1.5, topK: 7, topP: 0.95 },
    });
    expect(await change({ temperature: 0.1, maxTokens: 9 })).toEqual({
      model: model.id,
      sampling: { ...now.sampling, temperature: 0.1, topK: 7, topP: 0.95, maxTokens: 9 },
    });
    await expect(chat.models.changeOf(now, { model: 'embedded-pictures' })).rejects.toMatchObject({
      kind: 'unfit-model',
    });
  });
});

describe('editing an answer', () => {
  test('refuses nothing, a person’s turn and one that is being written', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { asked, answer } = await chat.say(id, 'Where did the boat go?');
    expect(() => chat.answering.edit(answer.id, ' \n')).toThrow('There is nothing to send: write something.');
    expect(() => chat.answering.edit(asked.id, 'Home')).toThrow('This turn is no answer: a person wrote it.');
    const hold = holdBeforeToken(chat.engine, 2);
    const running = await chat.answering.again(answer.id);
    await hold.reached;
    expect(() => chat.answering.edit(running.id, 'Home')).toThrow('This answer is being written: stop it first.');
    hold.release();
    await chat.ended(running.id);
    expect(chat.get(id).turns).toHaveLength(3);
  });

  test('its words can be found, and the next turn reads them', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { answer } = await chat.say(id, 'Where did the boat go?');
    const sister = chat.answering.edit(answer.id, 'To the lighthouse\0.');
    expect(sister.text).toBe('To the lighthouse␀.');
    expect(chat.conversations.list('lighthouse')).toHaveLength(1);
    await chat.say(id, 'And then?', sister.id);
    const prompt = chat.engine.textCalls.at(-1)?.prompt;
    expect(prompt?.kind === 'turns' && prompt.messages.map(({ content }) => content)).toEqual([
      ...['Where did the boat go?', sister.text, 'And then?'],
    ]);
  });
});
