import { resolve } from 'node:path';
import { deviceWish } from '../../../app/contracts/capabilities.js';
import { pictureMode } from '../../../app/contracts/features.js';
import { writeStatistics } from '../../../app/evaluation/write-statistics.js';
import { evaluationParts } from '../evaluation-parts.js';
import type { Verb } from '../verb.js';

export const evalStats: Verb = {
  name: 'eval stats',
  usage: 'DIR --out STATS.npz',
  summary: 'mean and covariance of a folder’s features, as pytorch-fid saves them',
  flags: {
    out: { value: 'FILE', help: 'the .npz to write' },
    mode: { value: 'NAME', help: `whose resizing: ${pictureMode.options.join(', ')}; pytorch-fid without it` },
    inception: { value: 'FILE', help: 'FID Inception weights; without them the embedded CLIP serves' },
    force: { help: 'replace a file that is there' },
  },
  positionals: ['DIR'],
  async run(given, session) {
    const out = resolve(given.required('out', 'inkstone eval stats photos --out photos.npz'));
    const device = given.choice('device', deviceWish.options) ?? 'auto';
    const written = await writeStatistics(
      await evaluationParts(session, device),
      {
        folder: resolve(given.positionals[0]!),
        out,
        overwrite: given.has('force'),
        mode: given.choice('mode', pictureMode.options) ?? 'pytorch-fid',
        inception: given.text('inception') ?? null,
      },
      {
        signal: session.signal,
        onProgress: ({ what, done, of }) => session.progress.show(`${what} · ${done} of ${of}`),
      },
    );
    for (const notice of written.notices) session.progress.say(notice);
    const { n, dimensions, skipped } = written;
    const left = skipped.length === 0 ? '' : `, ${skipped.length} files skipped`;
    return {
      json: { out, n, dimensions, skipped, features: written.features, notices: written.notices },
      text: `${out}  ${n} pictures, ${dimensions} dimensions, ${written.features.network}${left}`,
    };
  },
};
