import type { ErrorKind } from '../../app/contracts/errors.js';

/** What a person can do about an error: the panel picks its button by kind, never by reading the sentence. */
export type Remedy = 'go-on' | 'another-model' | 'another-device' | 'again' | 'none';

const remedies: Record<ErrorKind, Remedy> = {
  'missing-file': 'another-model',
  'bad-file': 'another-model',
  'unfit-model': 'another-model',
  unsupported: 'another-model',
  'bad-input': 'none',
  'file-changed': 'again',
  'device-unavailable': 'another-device',
  'out-of-memory': 'go-on',
  cancelled: 'go-on',
  'engine-lost': 'go-on',
  'not-found': 'none',
  storage: 'again',
  internal: 'again',
};

export const remedyFor = (kind: ErrorKind): Remedy => remedies[kind];
