import { resolve } from 'node:path';
import type { Verb } from '../verb.js';

export const evalFrechet: Verb = {
  name: 'eval frechet',
  usage: 'A.npz B.npz',
  summary: 'the Fréchet distance between two saved statistics',
  flags: {},
  positionals: ['A.npz', 'B.npz'],
  async run(given, session) {
    const [a, b] = given.positionals.map((path) => resolve(path)) as [string, string];
    const frechet = await session.engine.frechet(
      { a, b },
      ({ what, part }) => session.progress.show(`${what} · ${Math.round(100 * part)} %`),
      session.signal,
    );
    return { json: { frechet }, text: String(frechet) };
  },
};
