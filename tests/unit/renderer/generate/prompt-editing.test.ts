import { describe, expect, test } from 'vitest';
import { adapterTags } from '../../../../app/contracts/adapter-tags.js';
import { edited, tagRewritten, withoutTag, wordAdded } from '../../../../renderer/generate/prompt-editing.js';

const rewritten = (prompt: string, place: number, weight: number, textWeight = weight): string => {
  const edit = tagRewritten(prompt, place, { weight, textWeight });
  return edit ? edited(prompt, edit) : prompt;
};
const removed = (prompt: string, place = 0): string => {
  const tag = adapterTags(prompt)[place];
  return tag ? edited(prompt, withoutTag(prompt, tag)) : prompt;
};

describe('a tag that is rewritten in place', () => {
  test('changes its numbers alone, and only its own', () => {
    const prompt = 'boat <lora:ink:1>, <lora:ink:1> (night:1.2)';
    expect(rewritten(prompt, 1, 0.8)).toBe('boat <lora:ink:1>, <lora:ink:0.8> (night:1.2)');
  });

  test('has two numbers where the strengths differ, text first as A1111 reads them', () => {
    const prompt = rewritten('<lora:ink>', 0, -0.5, 0.7);
    expect(prompt).toBe('<lora:ink:0.7:-0.5>');
    expect(adapterTags(prompt)).toMatchObject([{ weight: -0.5, textWeight: 0.7 }]);
  });

  test('keeps what other programs read in it, where they read it', () => {
    expect(rewritten('<lora:ink:1:1:4>', 0, 0.5)).toBe('<lora:ink:0.5:0.5:4>');
    expect(rewritten('<lora:ink:1:lbw=OUTALL>', 0, 0.5)).toBe('<lora:ink:0.5:0.5:lbw=OUTALL>');
    expect(adapterTags(rewritten('<lora:ink:1:lbw=OUTALL>', 0, 0.5))).toMatchObject([
      { weight: 0.5, ignored: ['lbw=OUTALL'] },
    ]);
  });

  test('is left alone when it says the same already, or is gone', () => {
    expect(tagRewritten('<lora:ink:0.8>', 0, { weight: 0.8, textWeight: 0.8 })).toBeNull();
    expect(tagRewritten('<lora:ink:0.8>', 1, { weight: 0.8, textWeight: 0.8 })).toBeNull();
  });
});

describe('a tag that is taken out', () => {
  test('takes the comma along that only it needed', () => {
    expect(removed('boat, <lora:ink:1>')).toBe('boat');
    expect(removed('<lora:ink:1>, boat')).toBe('boat');
    expect(removed('boat, <lora:ink:1>, night')).toBe('boat, night');
    expect(removed('boat <lora:ink:1>, night')).toBe('boat, night');
    expect(removed('boat <lora:ink:1> night')).toBe('boat night');
    expect(removed('<lora:ink:1>')).toBe('');
  });

  test('leaves line breaks where they are', () => {
    expect(removed('boat\n<lora:ink:1>\nnight')).toBe('boat\n\nnight');
  });
});

describe('a trigger word', () => {
  const added = (prompt: string, word: string): string => {
    const edit = wordAdded(prompt, word);
    return edit ? edited(prompt, edit) : prompt;
  };

  test('goes to the end, after a comma', () => {
    expect(added('a boat', 'flatink')).toBe('a boat, flatink');
    expect(added('a boat, ', 'flatink')).toBe('a boat, flatink');
    expect(added('', 'flatink')).toBe('flatink');
  });

  test('is not said twice, but a part of another word is another word', () => {
    expect(wordAdded('Flatink style, boat', 'flatink')).toBeNull();
    expect(wordAdded('a boat, (paper texture:1.2)', 'paper texture')).toBeNull();
    expect(added('flatinkish boat', 'flatink')).toBe('flatinkish boat, flatink');
  });
});
