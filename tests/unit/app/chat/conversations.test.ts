import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Conversations } from '../../../../app/chat/conversations.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { openChat } from './chat-parts.js';

const found = (chat: Awaited<ReturnType<typeof openChat>>, words: string) =>
  chat.conversations.list(words).map(({ found: place }) => place);

describe('Conversations', () => {
  test('are listed by what was said last, and keep their order when they are only looked at', async () => {
    const chat = await openChat();
    const [first, second] = [chat.create(), chat.create()];
    await chat.say(first.id, 'One');
    await chat.say(second.id, 'Two');
    expect(chat.conversations.list('').map(({ title }) => title)).toEqual(['Two', 'One']);
    chat.conversations.rename(first.id, 'Renamed');
    chat.conversations.saveSettings(first.id, { system: 'Be brief.' });
    expect(chat.conversations.list('').map(({ title }) => title)).toEqual(['Two', 'Renamed']);
    await chat.say(first.id, 'Three', chat.get(first.id).shown);
    expect(chat.conversations.list('')).toMatchObject([
      { title: 'Renamed', turns: 4, branches: 1, found: null, foundTurn: null },
      { title: 'Two', turns: 2, branches: 1, found: null, foundTurn: null },
    ]);
  });

  test('are named by the first words of their first turn, until a person names them', async () => {
    const chat = await openChat();
    const { id, title } = chat.create();
    expect(title).toBe('New conversation');
    await chat.say(id, 'When is the fourth high water\nafter the one at half past four in the morning of Tuesday?');
    expect(chat.get(id).title).toBe('When is the fourth high water after the one at half past…');
    chat.conversations.rename(id, '  Tides and\tthe night boat\u0007 ');
    expect(chat.get(id).title).toBe('Tides and the night boat␇');
    await chat.say(id, 'Another beginning');
    expect(chat.get(id).title).toBe('Tides and the night boat␇');
    chat.conversations.rename(id, ' ');
    expect(chat.get(id).title).toMatch(/^When is the fourth/);
  });

  test('a first word without an end is cut between characters', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    await chat.say(id, '👩‍👩‍👧‍👦'.repeat(40));
    expect(chat.get(id).title).toBe(`${'👩‍👩‍👧‍👦'.repeat(5)}…`);
  });

  test('one that was deleted can be restored until the studio ends', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    await chat.say(id, 'Where did the boat go?');
    chat.conversations.delete(id);
    expect(chat.conversations.list('')).toEqual([]);
    expect(chat.conversations.list('boat')).toEqual([]);
    expect(() => chat.conversations.get(id)).toThrow('This conversation is not there any more.');
    await expect(chat.answering.send(id, null, 'Hello?')).rejects.toMatchObject({ kind: 'not-found' });
    chat.conversations.restore(id);
    expect(chat.conversations.list('boat')).toHaveLength(1);

    chat.conversations.delete(id);
    const next = await openChat({ place: chat.place });
    expect(() => next.conversations.restore(id)).toThrow('This conversation was deleted for good.');
    for (const table of ['conversations', 'turns', 'answer_tokens']) {
      expect(next.database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()).toEqual({ rows: 0 });
    }
    const words = next.database.prepare(`SELECT rowid FROM turn_words WHERE turn_words MATCH '"boat"*'`);
    expect(words.all()).toEqual([]);
  });

  test('a way to show must be the conversation’s own', async () => {
    const chat = await openChat();
    const [one, two] = [chat.create(), chat.create()];
    const { answer } = await chat.say(one.id, 'One');
    expect(() => chat.conversations.show(two.id, answer.id)).toThrow('This turn belongs to another conversation.');
    expect(() => chat.conversations.show(one.id, 'gone')).toThrow('This turn is not there any more.');
    expect(chat.get(two.id).shown).toBeNull();
  });
});

describe('search', () => {
  test('tells the turn, also of a branch that is not shown', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { asked } = await chat.say(id, 'Where is the lighthouse?');
    const other = await chat.say(id, 'Where is the harbour?');
    expect(chat.get(id).shown).toBe(other.answer.id);
    const [talk] = chat.conversations.list('lighthouse');
    expect(talk).toMatchObject({ id, found: 'Where is the lighthouse?', foundTurn: asked.id });
    // Found by its title alone, it has no such turn.
    chat.conversations.rename(id, 'Towers');
    expect(chat.conversations.list('towers')).toMatchObject([{ found: null, foundTurn: null }]);
  });

  test('finds turns that have all the words, whole or begun, without regard to accents and capitals', async () => {
    const chat = await openChat();
    await chat.say(chat.create().id, 'Où est le Château? It stands above the harbour.');
    await chat.say(chat.create().id, 'A heart is no art.');
    expect(found(chat, 'chateau')).toEqual(['Où est le Château? It stands above the harbour.']);
    expect(found(chat, 'HARB stan')).toHaveLength(1);
    expect(found(chat, 'harbour heart')).toEqual([]);
    expect(found(chat, 'arbour')).toEqual([]);
    expect(found(chat, '"above the"')).toHaveLength(1);
    expect(found(chat, '"the above"')).toEqual([]);
  });

  test('finds what the model said, when its answer is at its end', async () => {
    const chat = await openChat();
    const { answer } = await chat.say(chat.create().id, 'Hello');
    const word = answer.text.split(/\W+/).find((each) => each.length > 4) ?? '';
    expect(found(chat, word)).toEqual([expect.stringContaining(word)]);
  });

  test('finds words of scripts without spaces, signs, and titles', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    await chat.say(id, '私は東京に住んでいます。 Fine 🙂 → here');
    expect(found(chat, '東京')).toEqual(['私は東京に住んでいます。 Fine 🙂 → here']);
    expect(found(chat, '京東')).toEqual([]);
    expect(found(chat, '🙂')).toHaveLength(1);
    expect(found(chat, 'fine →')).toHaveLength(1);
    expect(found(chat, '🙁')).toEqual([]);
    chat.conversations.rename(id, 'Where I live');
    expect(found(chat, 'where live')).toEqual([null]);
    expect(found(chat, 'here')).toEqual(['私は東京に住んでいます。 Fine 🙂 → here']); // not inside a title's word either
    expect(found(chat, 'ive')).toEqual([]);
  });

  test('shows the place of the words in a long text, where a word begins', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    await chat.say(id, `${'A heart of gold. '.repeat(400)}Then comes art, and much more. ${'End. '.repeat(100)}`);
    expect(found(chat, 'art')[0]).toMatch(/^…(?=.{0,40}Then comes art, and much more\.).*…$/);
    expect(found(chat, 'art')[0]?.length).toBeLessThan(140);
  });

  test.each(['"', '""', '*', 'NEAR(', 'a AND', 'words:x', '-', "'", '\0', '" OR 1', '^boat', '(boat', 'boat*'])(
    'takes %j as words, not as a query',
    async (words) => {
      const chat = await openChat();
      await chat.say(chat.create().id, 'The boat');
      expect(() => chat.conversations.list(words)).not.toThrow();
    },
  );

  test('an answer that goes on is found by its new words, and a lost one by those it has', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    chat.engine.textFates.push({ atToken: 2, kind: 'engine-lost' });
    const { answer } = await chat.say(id, 'Hello');
    const said = (text: string) => text.split(/\W+/).filter((word) => word.length > 3);
    for (const word of said(answer.text)) expect(found(chat, word)).toHaveLength(1);
    await chat.answering.goOn(answer.id);
    const whole = await chat.ended(answer.id);
    expect(said(whole.text).length).toBeGreaterThan(said(answer.text).length);
    for (const word of said(whole.text)) expect(found(chat, word)).toHaveLength(1);
  });

  test('counts and finds in thousands of turns, in time', async () => {
    const chat = await openChat();
    const { settings } = chat.create();
    for (let k = 0; k < 60; k += 1) {
      const turns = Array.from({ length: 50 }, (_, n) => ({
        ...{ id: `${k}-${n}`, parent: n === 0 ? null : `${k}-${n - 1}`, role: 'user' as const, answer: null },
        ...{ text: `Turn ${n} of ${k}: the boat sailed over a calm sea`, createdAt: k, tokens: [] },
      }));
      chat.conversations.create({ settings, title: `Talk ${k}`, createdAt: k }, turns, `${k}-49`);
    }
    const began = performance.now();
    expect(chat.conversations.list('')).toHaveLength(61);
    const listed = performance.now() - began;
    expect(chat.conversations.list('"49 of 34" sea')).toMatchObject([{ title: 'Talk 34', turns: 50, branches: 1 }]);
    const searched = performance.now() - began - listed;
    // Some milliseconds each on an idle machine.
    expect(listed).toBeLessThan(500);
    expect(searched).toBeLessThan(500);
  });
});

describe('a damaged database', () => {
  test('gives its conversations to the new one, and their words are found again', async () => {
    const chat = await openChat();
    const { id } = chat.create();
    const { answer } = await chat.say(id, 'Where did the boat go?');
    const file = chat.home.database;
    chat.database.close();
    const bytes = readFileSync(file);
    // A page of the index by time: whatever is read by the tables themselves is whole.
    const { page } = pageOf(bytes);
    bytes.fill(0xff, page, page + 100);
    writeFileSync(file, bytes);

    const { database, setAside } = await openDatabase(file);
    expect(setAside).not.toBeNull();
    const conversations = new Conversations(database);
    expect(conversations.get(id).turns).toMatchObject([{ text: 'Where did the boat go?' }, { text: answer.text }]);
    expect(conversations.turns.tokens(answer.id)).toHaveLength(12);
    await conversations.settle(new AbortController().signal);
    expect(conversations.list('boat')).toMatchObject([{ id, turns: 2 }]);
    database.close();

    /** Where the page of an index lies: 0x0a is a leaf of an index. */
    function pageOf(database_: Buffer): { page: number } {
      const size = database_.readUInt16BE(16);
      const leaves: number[] = [];
      for (let page = size; page < database_.length; page += size) if (database_[page] === 0x0a) leaves.push(page);
      const page = leaves[0];
      if (page === undefined) throw new Error('The database has no index.');
      return { page };
    }
  });
});
