/** Templates that work, that object, that are wrong and that mean harm. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChatTemplate, type ChatMessage } from '../../../../native-models/chat-templates/chat-template.js';
import { CHATML } from '../../../../native-models/chat-templates/chatml.js';
import { takesSystem } from '../../../../native-models/chat-templates/encode-turns.js';
import { readChatTemplates } from '../../../../native-models/chat-templates/read-chat-template.js';

const HELLO: ChatMessage[] = [{ role: 'user', content: 'Hello' }];

function render(source: string, messages = HELLO): string {
  const template = new ChatTemplate(source, 'chat_template.jinja', 500);
  return template.render({ messages, add_generation_prompt: true, bos_token: '<s>', eos_token: '</s>' });
}

function refusal(source: string): string {
  try {
    render(source);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ModelError', kind: 'unfit-model' });
    return (error as Error).message;
  }
  throw new Error('it was rendered');
}

it('the built-in ChatML writes each turn between its marks', () => {
  const messages: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }, ...HELLO];
  expect(render(CHATML, messages)).toBe(
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
  );
});

it('a template finds what transformers gives it: no tools, no documents, the day', () => {
  const source = "{{ bos_token }}{{ tools is none }}{{ documents is none }}{{ strftime_now('%Y') == none }}{{ range(3) | length }}{{ range(5, 1, -2) | join(',') }}"; // prettier-ignore
  expect(render(source)).toBe('<s>truetruefalse35,3');
  expect(render("{{ strftime_now('%d %b %Y %%') }}")).toMatch(/^\d\d [A-Z][a-z]{2} \d{4} %$/);
});

describe('the line of a fault is told', () => {
  it('of a template that objects', () => {
    const source = "{% for m in messages %}\n{{ m.content }}\n{% if m.role == 'user' %}\n\n{{ raise_exception('Users may not speak') }}{% endif %}{% endfor %}"; // prettier-ignore
    expect(refusal(source)).toBe('chat_template.jinja, line 5: Users may not speak. Choose another template, or the built-in ChatML.'); // prettier-ignore
  });

  it.each([
    ['a filter that is not there', "{{ 'a' }}\n{# a comment {{ #}\n{{ messages | shuffle }}", 3],
    ['a call of nothing', "{% set x = '%} {{' %}\n\n{{ nothing('x') }}", 3],
    ['a tag that is not closed', '{{ 1 }}\n{% if messages %}\n{{ 2 }}', 3],
    ['a statement that is none', '{{ 1 }}\n\n\n{% frobnicate %}', 4],
    ['an expression that is not closed', '{{ 1 }}\n{{ "a', 2],
    ['a sign that means nothing', '{{ 1 }}\n{{ 2 }}\n{{ 1 ? 2 }}\n{{ 3 }}', 3],
  ])('%s', (_, source, line) => {
    expect(refusal(source)).toMatch(
      new RegExp(`^chat_template\\.jinja, line ${line}: [^.]+\\. Choose another template`),
    );
  });
});

describe('a template that means harm is stopped', () => {
  const endless = /^chat_template\.jinja does not come to an end/;
  const TEN = '{% for a in range(1000) %}'.repeat(6) + 'x' + '{% endfor %}'.repeat(6);

  it.each([
    ['loops within loops', TEN],
    ['a range that fills the memory', '{{ range(1000000000) | length }}'],
    [
      'a text that doubles',
      '{% set ns = namespace(x="ab") %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
    ],
    [
      'a list that doubles',
      '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
    ],
    [
      'a macro that calls itself twice',
      '{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}',
    ],
  ])('%s', (_, source) => {
    const began = performance.now();
    expect(refusal(source)).toMatch(endless);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('a macro that calls itself without end', () => {
    expect(refusal('{% macro f() %}{{ f() }}{% endmacro %}\n{{ f() }}')).toMatch(
      /line \d: it calls itself without end/,
    );
  });

  it('a megabyte of opened tags', () => {
    expect(() => new ChatTemplate('{{ "'.repeat(250_000), 'chat_template.jinja', 500)).toThrow(/^chat_template\.jinja/);
  });

  it('and after it the next one works', () => {
    expect(() => render(TEN)).toThrow(endless);
    expect(render(CHATML)).toContain('Hello');
  });
});

describe('whether a template takes a system prompt', () => {
  const gemma = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ messages[0].content }}"; // prettier-ignore
  const silent = "{% for m in messages %}{% if m.role != 'system' %}{{ m.content }}{% endif %}{% endfor %}";

  it.each([
    ['writes it', CHATML, true],
    ['objects to it', gemma, false],
    ['leaves it out', silent, false],
  ])('one that %s', (_, source, takes) => {
    expect(takesSystem(new ChatTemplate(source))).toBe(takes);
  });
});

describe('the templates of a folder', () => {
  const folderWith = (files: Record<string, unknown>): string => {
    const folder = mkdtempSync(join(tmpdir(), 'template-'));
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return folder;
  };
  const named = [
    { name: 'tool_use', template: 'T' },
    { name: 'default', template: 'D' },
  ];

  it.each([
    ['nothing', {}, []],
    ['its own file', { 'chat_template.jinja': 'F', 'tokenizer_config.json': { chat_template: 'S' } }, ['default F']],
    ['a text in the settings', { 'tokenizer_config.json': { chat_template: 'S' } }, ['default S']],
    [
      'named ones, the default first',
      { 'tokenizer_config.json': { chat_template: named } },
      ['default D', 'tool_use T'],
    ],
    [
      'both',
      { 'chat_template.jinja': 'F', 'tokenizer_config.json': { chat_template: named } },
      ['default F', 'tool_use T'],
    ],
  ])('%s', async (_, files, expected) => {
    const templates = await readChatTemplates(folderWith(files));
    expect(templates.map(({ name, source }) => `${name} ${source}`)).toEqual(expected);
  });
});
