import type { AdapterCard, AdapterFit, AdapterHashes, WholeAdapter } from '../contracts/adapters.js';
import { adapterName } from './adapter-names.js';
import { previewVersion } from './adapter-previews.js';
import type { AdapterRow } from './adapter-rows.js';

/** What the panel shows of a row. */
export function adapterCard(row: AdapterRow, fit: AdapterFit | null, folderMissing: boolean): AdapterCard {
  const { id, path, description, embedded, hashes, rating, tags, note, usedAt, applied, addedAt } = row;
  const { bytes, problem, dialect, algorithm, base, rank, alpha, hasText, alias, triggerWords, sidecar } = description;
  return {
    ...{ id, name: adapterName(path), path, bytes, problem },
    ...{ dialect, algorithm, base, rank, alpha, hasText, alias, triggerWords },
    fit: problem === null ? fit : null,
    ...{ rating, tags: [...(tags ?? sidecar.tags)], note },
    ...{ title: sidecar.title, description: sidecar.description, preferredWeight: sidecar.preferredWeight },
    ...{ preview: previewVersion(row), hashes: hashes && withoutDamage(hashes), embedded },
    missing: row.missing || folderMissing,
    ...{ usedAt, applied, addedAt },
  };
}

/** Damage is told as the card's problem. */
const withoutDamage = ({ damaged: _damaged, ...hashes }: WholeAdapter): AdapterHashes => hashes;
