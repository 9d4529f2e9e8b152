import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportConversation, importConversation } from '../../../../app/chat/conversation-exchange.js';
import { desktopNotes, exists } from '../test-parts.js';
import { openChat } from './chat-parts.js';

async function openExchange(given: Parameters<typeof openChat>[0] = {}) {
  const chat = await openChat(given);
  const desktop = desktopNotes();
  const parts = { conversations: chat.conversations, answering: chat.answering, models: chat.models, desktop };
  const write = async (id: string, format: 'json' | 'markdown', name: string) => {
    desktop.chooseSave = (title, suggested) => {
      desktop.done.push(`${title}: ${suggested}`);
      return Promise.resolve(join(chat.place.root, name));
    };
    return exportConversation(parts, { id, format });
  };
  const read = (path: string) => importConversation(parts, path);
  return { ...chat, desktop, parts, write, read };
}

/** Two branches, a rival, and an answer that was cut off. */
async function talk(chat: Awaited<ReturnType<typeof openExchange>>): Promise<string> {
  const { id } = chat.create();
  const { answer } = await chat.say(id, 'Where did the boat go?');
  const rival = chat.answering.tokensOf(answer.id)[3]?.top[1]?.id ?? -1;
  await chat.ended((await chat.answering.rival(answer.id, 3, rival)).id);
  chat.engine.textFates.push({ atToken: 4, kind: 'engine-lost' });
  await chat.say(id, 'And then?', answer.id);
  chat.conversations.saveSettings(id, { system: 'Be brief.\nBe kind.' });
  return id;
}

describe('JSON', () => {
  test('brings a conversation back with all its branches, tokens and settings, as another one', async () => {
    const chat = await openExchange();
    const id = await talk(chat);
    const written = await chat.write(id, 'json', 'talk.json');
    expect(chat.desktop.done).toEqual(['Export the conversation: Where did the boat go.json']);
    const other = await openExchange();
    const [first, second] = [await other.read(written?.path ?? ''), await other.read(written?.path ?? '')];
    expect(first?.id).not.toBe(second?.id);
    const [was, is] = [chat.get(id), other.get(first?.id ?? '')];
    expect(is.title).toBe('Where did the boat go?');
    expect(is.settings).toEqual(was.settings);
    expect(is.turns.map(({ role, text, answer, createdAt }) => ({ role, text, answer, createdAt }))).toEqual(
      was.turns.map(({ role, text, answer, createdAt }) => ({ role, text, answer, createdAt })),
    );
    const shape = ({ turns, shown }: typeof was) => [
      ...turns.map(({ parent }) => turns.findIndex((turn) => turn.id === parent)),
      turns.findIndex((turn) => turn.id === shown),
    ];
    expect(shape(is)).toEqual(shape(was));
    for (const [k, turn] of was.turns.entries()) {
      if (turn.answer === null) continue;
      expect(other.answering.tokensOf(is.turns[k]?.id ?? '')).toEqual(chat.answering.tokensOf(turn.id));
    }
    expect(other.conversations.list('boat')).toHaveLength(2);

    // What was cut off goes on here as it would have gone on there.
    const [there, here] = [was.turns.at(-1)?.id ?? '', is.turns.at(-1)?.id ?? ''];
    await chat.answering.goOn(there);
    await other.answering.goOn(here);
    expect((await other.ended(here)).text).toBe((await chat.ended(there)).text);
  });

  test('another model answers where the conversation’s own is not in the library', async () => {
    const chat = await openExchange();
    const { id } = chat.create();
    await chat.say(id, 'Hello');
    chat.conversations.saveSettings(id, { model: 'one-of-theirs' });
    const written = await chat.write(id, 'json', 'talk.json');
    expect((await chat.read(written?.path ?? ''))?.settings.model).toBe('embedded-storyteller');
  });

  test('an answer without tokens can be read, and goes on from its text', async () => {
    const chat = await openExchange();
    const id = await talk(chat);
    const written = await chat.write(id, 'json', 'talk.json');
    const file = JSON.parse(await readFile(written?.path ?? '', 'utf8')) as { turns: { tokens?: unknown }[] };
    for (const turn of file.turns) delete turn.tokens;
    await writeFile(written?.path ?? '', JSON.stringify(file));
    const read = await chat.read(written?.path ?? '');
    const last = read?.turns.at(-1);
    expect(last?.answer).toMatchObject({ state: 'lost', hasTokens: false });
    await chat.answering.goOn(last?.id ?? '');
    await chat.ended(last?.id ?? '');
    expect(chat.engine.textCalls.at(-1)).toMatchObject({ answerSoFar: [], answerText: last?.text });
  });

  const turn = { id: 'a', parent: null, role: 'user', text: 'Hello', createdAt: 1, answer: null };
  const whole = {
    ...{ format: 'inkstone-conversation', version: 1, title: 'T', createdAt: 1, shown: 'a', turns: [turn] },
    settings: {
      ...{ model: 'embedded-storyteller', system: '' },
      sampling: {
        ...{ temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: null, maxTokens: 9, stop: [] },
      },
    },
  };

  test('what a stranger wrote is cleaned: controls are shown, halves are mended', async () => {
    const chat = await openExchange();
    const path = join(chat.place.root, 'talk.json');
    const said = 'a\0b\ud83d c';
    await writeFile(path, `\u{feff}${JSON.stringify({ ...whole, title: 'A\nB', turns: [{ ...turn, text: said }] })}`);
    const read = await chat.read(path);
    expect(read).toMatchObject({ title: 'A B', turns: [{ text: 'a␀b\u{fffd} c' }] });
    expect(read?.shown).toBe(read?.turns[0]?.id);
  });

  test.each<[string, string | object, RegExp]>([
    ['nothing', '', /it is not JSON, or it is cut off\.$/],
    ['half of it', JSON.stringify(whole).slice(0, -20), /it is not JSON/],
    ['something else', { messages: [] }, /Inkstone Studio did not write it/],
    ['a list', [1, 2], /Inkstone Studio did not write it/],
    ['a newer form', { ...whole, version: 2 }, /a newer Inkstone Studio wrote it, update this one/],
    [
      'a text that is none',
      { ...whole, turns: [{ ...turn, text: 7 }] },
      /“turns\.0\.text” in it is not what it should/,
    ],
    ['a temperature of no sense', withSampling({ temperature: -3 }), /“settings\.sampling\.temperature”/],
    ['two of one id', { ...whole, turns: [turn, turn] }, /two turns in it have the id a/],
    ['a turn of nobody', { ...whole, turns: [{ ...turn, parent: 'b' }] }, /turn 1 follows b, which is not before it/],
    ['a ring', { ...whole, turns: [{ ...turn, parent: 'a' }] }, /turn 1 follows a, which is not before it/],
    ['twice the same speaker', { ...whole, turns: [turn, { ...turn, id: 'b', parent: 'a' }] }, /not said in turn/],
    ['an answer at first', { ...whole, turns: [{ ...turn, role: 'assistant' }] }, /turn 1 is not said in turn/],
    ['an end that is not there', { ...whole, shown: 'z' }, /the turn that it shows is not in it/],
    ['a date of no number', '{"format":"inkstone-conversation","version":1,"createdAt":1e999}', /“title”/],
  ])('%s is refused in a sentence, and nothing of it stays', async (_name, content, sentence) => {
    const chat = await openExchange();
    const path = join(chat.place.root, 'rubbish.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    await expect(chat.read(path)).rejects.toMatchObject({
      ...{ kind: 'bad-file', file: path },
      message: expect.stringMatching(/^rubbish\.json is no conversation that can be read: [^\n]+\.$/) as string,
    });
    await expect(chat.read(path)).rejects.toThrow(sentence);
    expect(chat.conversations.list('')).toEqual([]);
  });

  function withSampling(change: object): object {
    const { settings } = whole;
    return { ...whole, settings: { ...settings, sampling: { ...settings.sampling, ...change } } };
  }

  test('bytes that are no text and a file that is not there are refused too', async () => {
    const chat = await openExchange();
    const path = join(chat.place.root, 'noise.json');
    await writeFile(path, Buffer.from(Array.from({ length: 4096 }, (_, k) => (k * 37) % 256)));
    await expect(chat.read(path)).rejects.toMatchObject({ kind: 'bad-file' });
    await expect(chat.read(join(chat.place.root, 'gone.json'))).rejects.toMatchObject({ kind: 'missing-file' });
  });

  test('one that is being written is exported as it is by then, and is read as cut off', async () => {
    const chat = await openExchange();
    const { id } = chat.create();
    chat.engine.beforeToken = (at) => (at < 5 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, 40)));
    const [, answer] = await chat.answering.send(id, null, 'Hello');
    while ((chat.turn(answer?.id ?? '').answer?.completionTokens ?? 0) < 5) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const written = await chat.write(id, 'json', 'talk.json');
    await chat.ended(answer?.id ?? '');
    const read = await chat.read(written?.path ?? '');
    expect(read?.turns[1]?.answer).toMatchObject({ state: 'lost', hasTokens: true });
    await chat.answering.goOn(read?.turns[1]?.id ?? '');
    expect((await chat.ended(read?.turns[1]?.id ?? '')).text).toBe(chat.turn(answer?.id ?? '').text);
  });
});

describe('Markdown', () => {
  test('has the way that is shown, who said what, and where an answer was cut off', async () => {
    const chat = await openExchange();
    const id = await talk(chat);
    const written = await chat.write(id, 'markdown', 'talk');
    expect(written?.path).toBe(join(chat.place.root, 'talk.md'));
    const [, answer, , , cut] = chat.get(id).turns;
    expect(await readFile(written?.path ?? '', 'utf8')).toBe(
      [
        ...['# Where did the boat go?', '> System prompt: Be brief.\n> Be kind.'],
        ...['## You', 'Where did the boat go?', '## Inkstone storyteller', answer?.text],
        ...['## You', 'And then?', '## Inkstone storyteller', cut?.text, '*The answer was cut off here.*\n'],
      ].join('\n\n'),
    );
  });

  test('a closed dialog writes nothing; a folder that is not there is told', async () => {
    const chat = await openExchange();
    const { id } = chat.create();
    expect(await exportConversation(chat.parts, { id, format: 'json' })).toBeNull();
    expect(await importConversation(chat.parts, undefined)).toBeNull();
    await expect(chat.write(id, 'json', 'no/such/folder/talk.json')).rejects.toMatchObject({ kind: 'storage' });
    const path = join(chat.place.root, 'talk.json');
    await writeFile(path, 'old');
    await chat.write(id, 'json', 'talk.json');
    expect(await readFile(path, 'utf8')).toMatch(/^\{"format":"inkstone-conversation"/);
    expect(await exists(path)).toBe(true);
  });
});
