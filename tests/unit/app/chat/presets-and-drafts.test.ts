import { describe, expect, test } from 'vitest';
import { usualSampling } from '../../../../app/contracts/chat.js';
import { openChat } from './chat-parts.js';

const sampling = { ...usualSampling, maxTokens: 512 };

describe('presets that a person keeps', () => {
  test('come in the order in which they were kept, also after a restart', async () => {
    const chat = await openChat();
    const { presets } = chat.conversations;
    const brief = presets.save({ name: ' Brief\n', system: 'Be brief.\0', sampling });
    expect(brief).toEqual({ id: expect.any(String) as string, name: 'Brief', system: 'Be brief.␀', sampling });
    const wild = presets.save({ name: 'Wild', system: '', sampling: { ...sampling, temperature: 1.5 } });
    expect((await openChat({ place: chat.place })).conversations.presets.list()).toEqual([brief, wild]);
  });

  test('are changed and renamed in their place', async () => {
    const { presets } = (await openChat()).conversations;
    const brief = presets.save({ name: 'Brief', system: 'Be brief.', sampling });
    const wild = presets.save({ name: 'Wild', system: '', sampling });
    const terse = presets.save({ ...brief, name: 'Terse', sampling: { ...sampling, topK: 3 } });
    expect(presets.list()).toEqual([terse, wild]);
    expect(presets.save({ ...terse, name: 'TERSE' }).name).toBe('TERSE');
  });

  test('that were deleted can be kept again under their id', async () => {
    const { presets } = (await openChat()).conversations;
    const brief = presets.save({ name: 'Brief', system: 'Be brief.', sampling });
    presets.delete(brief.id);
    presets.delete('gone');
    expect(presets.list()).toEqual([]);
    presets.save(brief);
    expect(presets.list()).toEqual([brief]);
  });

  test('have a name each', async () => {
    const { presets } = (await openChat()).conversations;
    presets.save({ name: 'Brief', system: 'Be brief.', sampling });
    expect(() => presets.save({ name: 'brief ', system: '', sampling })).toThrow(
      'There is a preset “brief” already: choose another name.',
    );
    expect(() => presets.save({ name: ' \n ', system: '', sampling })).toThrow('A preset needs a name.');
    expect(presets.list()).toHaveLength(1);
  });
});

describe('what is being written', () => {
  test('is kept with its conversation over a restart, and moves it nowhere', async () => {
    const chat = await openChat();
    const { id, changedAt } = chat.create();
    chat.conversations.keepDraft(id, 'Dear boat,\r\n\tyou\0');
    const next = await openChat({ place: chat.place });
    expect(next.get(id)).toMatchObject({ draft: 'Dear boat,\n\tyou␀', changedAt, turns: [] });
    expect(() => chat.conversations.keepDraft('gone', 'x')).toThrow('This conversation is not there any more.');
  });
});
