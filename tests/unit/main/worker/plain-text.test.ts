import { expect, test } from 'vitest';
import { plainText } from '../../../../main/worker/plain-text.js';

test.each([
  ['<p>One.</p><p>Two &amp; three<br/>four</p>', 'One.\nTwo & three\nfour'],
  ['<ul><li>ink</li><li class="x">wash</li></ul>', '• ink\n• wash'],
  ['A <b>bold</b> <a href="https://x.example">link</a>.', 'A bold link.'],
  ['use &lt;lora:ink:0.8&gt; or <lora:ink:1>', 'use <lora:ink:0.8> or <lora:ink:1>'],
  ['3 < 4 and 5 > 2', '3 < 4 and 5 > 2'],
  ['a<script>alert(1)</script>b<style>p{}</style>c', 'abc'],
  ['a<script>alert(1)', 'a'],
  ['a<!-- note -->b<!-- open', 'ab'],
  ['&lt;script&gt;alert(1)&lt;/script&gt;x', 'x'],
  ['<img src=x onerror=alert(1)>y<svg/onload=alert(1)>', 'y'],
  ['text <img src="cut off', 'text'],
  ['&#9733; &#x2605; &hellip; &#0; &#xd800; &unknown;', '★ ★ … &unknown;'],
  ['tab\tbell\u0007 \u00a0 end\r\n\n\n\nlast', 'tab bell end\n\nlast'],
])('%s', (html, text) => {
  expect(plainText(html)).toBe(text);
});

test('text made to keep a parser busy takes no time', () => {
  const started = performance.now();
  for (const part of ['<a ', '<!--', '<script', '&lt;', '</', '<b><']) plainText(part.repeat(300_000));
  expect(performance.now() - started).toBeLessThan(3000);
});
