/** The words that call an adapter, from what trainers write into the metadata. */
import { expect, test } from 'vitest';

import { mergeTriggerWords, triggerWords } from '../../../../native-models/adapters/trigger-words.js';

test('every place is read, the surest first, and each word once', () => {
  const metadata = {
    'modelspec.trigger_phrase': 'red paper',
    ss_training_comment: 'my third try; trigger word is Red Paper',
    ss_tag_frequency: JSON.stringify({ '10_red paper': { 'red paper': 42, 'cut-out': 40, cat: 7 } }),
    ss_dataset_dirs: JSON.stringify({ '10_folded': { n_repeats: 10, img_count: 42 }, reg: { img_count: 3 } }),
  };
  expect(triggerWords(metadata)).toEqual([
    { text: 'red paper', source: 'metadata' },
    { text: 'cut-out', source: 'training tags, 40 pictures' },
    { text: 'folded', source: 'training folder' },
  ]);
});

test('tags tell on how many of the pictures they stand', () => {
  const metadata = {
    ss_tag_frequency: JSON.stringify({ '4_a': { ink: 30, wash: 9 }, '2_a': { ink: 12, wash: 12 } }),
    ss_dataset_dirs: JSON.stringify({ '4_a': { img_count: 30 }, '2_a': { img_count: 12 } }),
  };
  expect(triggerWords(metadata)).toContainEqual({ text: 'ink', source: 'training tags, 42 of 42 pictures' });
  expect(triggerWords(metadata).map(({ text }) => text)).not.toContain('wash');
});

test('tags that were counted at every step are measured by the most frequent one', () => {
  const metadata = {
    ss_tag_frequency: JSON.stringify({ '1_a': { ink: 6000, paper: 2900 } }),
    ss_dataset_dirs: JSON.stringify({ '1_a': { img_count: 2600 } }),
  };
  expect(triggerWords(metadata)).toContainEqual({ text: 'ink', source: 'training tags, 6000 pictures' });
  expect(triggerWords(metadata).map(({ text }) => text)).not.toContain('paper');
});

test('captions in sentences are no tags', () => {
  const captions = { '1_x': { 'a cat on a mat': 1, 'a dog in a log': 1 } };
  expect(triggerWords({ ss_tag_frequency: JSON.stringify(captions) })).toEqual([]);
});

test.each([
  ['trigger word is smart falcon \\(umamusume\\)', 'smart falcon \\(umamusume\\)'],
  ['Trigger words: ink, wash.', 'ink, wash'],
  ['trigger = sks', 'sks'],
])('a comment: %s', (comment, word) => {
  expect(triggerWords({ ss_training_comment: comment })).toEqual([{ text: word, source: 'training comment' }]);
});

test.each([
  { ss_training_comment: 'None', ss_tag_frequency: 'None', ss_dataset_dirs: '[]' },
  { ss_tag_frequency: '{', ss_dataset_dirs: '{"1_":{}}' },
  { ss_tag_frequency: `{"a":{"b":${' '.repeat(9_000_000)}3}}` },
  { ss_tag_frequency: '{"a":{"b":-1,"c":"9"},"d":7}', 'modelspec.trigger_phrase': ' \n\0 ' },
])('metadata that says nothing gives nothing', (metadata) => {
  expect(triggerWords(metadata as Record<string, string>)).toEqual([]);
});

test('words are one line, of a length that a prompt can hold, and not too many', () => {
  const many = Array.from({ length: 50 }, (_, n) => ({ text: `word ${n}`, source: 'sidecar file' }));
  const words = mergeTriggerWords([{ text: ` two\r\nlines\0 ${'x'.repeat(999)}`, source: 'metadata' }, ...many]);
  expect(words[0]?.text).toMatch(/^two lines x+$/);
  expect(words[0]?.text).toHaveLength(300);
  expect(words).toHaveLength(20);
});
