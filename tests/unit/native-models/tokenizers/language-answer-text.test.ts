import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { encodeAnswer } from '../../../../native-models/tokenizers/language-answer-text.js';
import { decodeTokens } from '../../../../native-models/tokenizers/language-stream-decoder.js';
import { readLanguageTokenizer } from '../../../../native-models/tokenizers/language-tokenizer-folder.js';

/** SentencePiece, which puts a space before every text that it encodes. */
const storyteller = fileURLToPath(new URL('../../../../native-models/embedded/storyteller', import.meta.url));
const texts = ['word', ' word', '  two spaces', ', there was a girl', '\nA line', 'é 🙂', 'ending ', '</s>', '.'];

describe('an answer whose tokens are found out again', () => {
  test.each(texts)('says exactly %j, as a text of its own and as the continuation of another', async (text) => {
    const tokenizer = await readLanguageTokenizer(storyteller);
    for (const begins of [true, false]) {
      const ids = encodeAnswer(tokenizer, text, begins);
      expect(decodeTokens(tokenizer, ids, begins)).toBe(text);
      for (const id of ids) expect(tokenizer.control.has(id)).toBe(false); // what a person wrote is text
    }
  });

  test('has the tokens that the model chose', async () => {
    const tokenizer = await readLanguageTokenizer(storyteller);
    const prompt = tokenizer.encodeText('Once upon a time');
    const whole = tokenizer.encodeText('Once upon a time, there was a little girl');
    expect(encodeAnswer(tokenizer, ', there was a little girl', false)).toEqual(whole.slice(prompt.length));
  });

  test('is nothing where nothing was said', async () => {
    expect(encodeAnswer(await readLanguageTokenizer(storyteller), '', true)).toEqual([]);
  });
});
