import { describe, expect, test } from 'vitest';
import type { Job } from '../../../../app/contracts/generation.js';
import type { Live } from '../../../../renderer/generate/generate-store.js';
import { shownBy } from '../../../../renderer/generate/selection.js';

const picture = (id: string) => ({
  id,
  width: 64,
  height: 64,
  kept: false,
  title: id,
  missing: false,
  clipScore: null,
});
const live: Live = { jobId: 'j', picture: 0, phase: 'denoising', width: 64, height: 64, since: 0, hasPreview: true };
const stopped = { id: 's', state: 'stopped' } as Job;
const follow = { kind: 'follow' } as const;

describe('while the stage follows', () => {
  test('it shows the running picture as soon as there is something of it to see', () => {
    expect(shownBy(follow, live, [picture('a')], []).kind).toBe('live');
  });

  test('it keeps the last picture until then', () => {
    expect(shownBy(follow, { ...live, hasPreview: false }, [picture('a')], [])).toMatchObject({ picture: { id: 'a' } });
  });

  test('it shows the empty box of the very first picture', () => {
    expect(shownBy(follow, { ...live, hasPreview: false }, [], []).kind).toBe('live');
  });

  test('it shows the newest picture when nothing runs, and nothing when there is none', () => {
    expect(shownBy(follow, null, [picture('b'), picture('a')], [])).toMatchObject({ picture: { id: 'b' } });
    expect(shownBy(follow, null, [], []).kind).toBe('nothing');
  });
});

test('a chosen picture stays while another is being made', () => {
  expect(shownBy({ kind: 'picture', id: 'a' }, live, [picture('b'), picture('a')], [])).toMatchObject({
    picture: { id: 'a' },
  });
});

test('a stopped job is shown until it goes on', () => {
  expect(shownBy({ kind: 'job', id: 's' }, null, [picture('a')], [stopped]).kind).toBe('job');
  expect(shownBy({ kind: 'job', id: 's' }, null, [picture('a')], [{ ...stopped, state: 'running' }]).kind).toBe(
    'picture',
  );
});

test('a chosen picture that left gives way to the newest', () => {
  expect(shownBy({ kind: 'picture', id: 'gone' }, null, [picture('a')], [])).toMatchObject({ picture: { id: 'a' } });
});
