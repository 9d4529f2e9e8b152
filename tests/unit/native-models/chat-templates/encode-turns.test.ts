import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../../../native-models/architectures/config-reader.js';
import { ChatTemplate, type ChatMessage } from '../../../../native-models/chat-templates/chat-template.js';
import { CHATML } from '../../../../native-models/chat-templates/chatml.js';
import { encodeTurns } from '../../../../native-models/chat-templates/encode-turns.js';
import { decodeTokens } from '../../../../native-models/tokenizers/language-stream-decoder.js';
import { LanguageTokenizer } from '../../../../native-models/tokenizers/language-tokenizer.js';

const GOLDEN = fileURLToPath(new URL('../../../parity/goldens/language-text/byte-level.json', import.meta.url));
const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as {
  tokenizer: string;
  settings: JsonObject;
  template: string;
};
const tokenizer = new LanguageTokenizer(JSON.parse(golden.tokenizer) as JsonObject, golden.settings);
const told = (ids: readonly number[]): string => ids.map((id) => tokenizer.control.get(id) ?? decodeTokens(tokenizer, [id], false)).join(''); // prettier-ignore

it('a system prompt that the template has no place for goes before the first message, and that is told', () => {
  const noSystem = new ChatTemplate(
    "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + CHATML,
  );
  const messages: ChatMessage[] = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello' },
  ];
  const { ids, notices } = encodeTurns(tokenizer, noSystem, messages);
  expect(told(ids)).toBe('<|im_start|>user\nBe brief.\n\nHello<|im_end|>\n<|im_start|>assistant\n');
  expect(notices).toEqual(['This model has no place for a system prompt: it was put before the first message.']);
});

it('thinking is left out where the template can, when it is not wanted', () => {
  const template = new ChatTemplate(golden.template);
  const messages: ChatMessage[] = [{ role: 'user', content: 'Hi' }];
  expect(told(encodeTurns(tokenizer, template, messages, { enableThinking: false }).ids)).toMatch(
    /<think>\n\n<\/think>\n\n$/,
  );
  expect(told(encodeTurns(tokenizer, template, messages).ids)).toMatch(/assistant\n$/);
});

it('what a template says against a message is shown as it was typed', () => {
  const template = new ChatTemplate("{{ raise_exception('Not this: ' + messages[0].content) }}", 'the chat template');
  expect(() => encodeTurns(tokenizer, template, [{ role: 'user', content: 'secret' }])).toThrow('Not this: secret.');
});

it('an empty conversation is refused', () => {
  expect(() => encodeTurns(tokenizer, new ChatTemplate(CHATML), [])).toThrow('The conversation is empty');
});

it('a message of a megabyte and control characters are encoded', () => {
  const content = '\u0000\u0007\u001b[2J\r\n'.repeat(1000) + 'word '.repeat(200_000);
  const { ids } = encodeTurns(tokenizer, new ChatTemplate(CHATML), [{ role: 'user', content }]);
  expect(decodeTokens(tokenizer, ids, true)).toContain(content);
}, 30_000);
