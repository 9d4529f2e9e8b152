import Copy from 'lucide-react/icons/copy';
import type { AdapterHashes } from '../../app/contracts/adapters.js';
import { Icon } from '../components/icon.js';
import { reportProblem, say } from '../studio/notices.js';

const TENSOR_DIGITS = 12;

/** The names by which other people find this file; a click copies one whole. */
export function Hashes({ hashes }: { hashes: AdapterHashes | null }) {
  const rows = hashes
    ? [
        { name: 'AutoV2', value: hashes.autov2, whole: hashes.autov2 },
        { name: 'AutoV3', value: hashes.autov3, whole: hashes.autov3 },
        { name: 'Tensors', value: `${hashes.tensors.slice(0, TENSOR_DIGITS)}…`, whole: hashes.tensors },
        { name: 'SHA-256', value: `${hashes.sha256.slice(0, TENSOR_DIGITS)}…`, whole: hashes.sha256 },
      ]
    : [];
  return (
    <div className="group">
      <h2>Hashes</h2>
      {hashes ? null : <p className="note">They come when the whole file has been read.</p>}
      <dl className="facts hashes">
        {rows.map(({ name, value, whole }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <button
                type="button"
                className="path"
                title={whole}
                onClick={() => {
                  navigator.clipboard.writeText(whole).then(() => say(`${name} copied`), reportProblem);
                }}
              >
                <span className="read-only">Copy {name} </span>
                {value}
                <Icon of={Copy} size={12} />
              </button>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
