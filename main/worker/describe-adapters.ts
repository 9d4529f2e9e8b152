import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { AdapterDescription } from '../../app/contracts/adapters.js';
import { errorMessageOf } from '../../app/contracts/studio-error.js';
import type { AdapterFile } from '../../native-models/adapters/adapter.js';
import { adapterNumbers } from '../../native-models/adapters/adapter-receipt.js';
import { NotAnAdapterError } from '../../native-models/adapters/not-an-adapter-error.js';
import { readAdapter } from '../../native-models/adapters/read-adapter.js';
import { mergeTriggerWords, triggerWords } from '../../native-models/adapters/trigger-words.js';
import { NotSafetensorsError } from '../../native-models/weight-formats/not-safetensors-error.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';
import { fileError } from './file-error.js';
import { isThumbnail } from './make-adapter-preview.js';
import { readSidecars } from './sidecars.js';

/** What headers and sidecar files tell, for the cards of a shelf. */
export async function describeAdapters({ paths }: { paths: string[] }): Promise<AdapterDescription[]> {
  const folders = new Map<string, ReadonlySet<string>>();
  const descriptions: AdapterDescription[] = [];
  for (const given of paths) {
    const path = resolve(given);
    const folder = dirname(path);
    const beside = folders.get(folder) ?? new Set(await readdir(folder).catch(() => []));
    folders.set(folder, beside);
    descriptions.push(await describe(path, beside));
  }
  return descriptions;
}

async function describe(path: string, beside: ReadonlySet<string>): Promise<AdapterDescription> {
  const { size: bytes } = await stat(path).catch((error: unknown) => {
    throw fileError(error, path, 'read');
  });
  const { sidecar, triggerWords: besideWords, picture } = await readSidecars(path, beside);
  const { metadata, ...read } = await readFields(path);
  const alias = metadata['ss_output_name']?.trim() ?? '';
  return {
    path,
    bytes,
    ...read,
    alias: alias === '' || alias === 'None' ? null : alias.slice(0, longestAlias),
    // What a person keeps beside the file is surer than what its trainer guessed.
    triggerWords: mergeTriggerWords([...besideWords, ...triggerWords(metadata)]),
    sidecar,
    preview:
      picture !== null
        ? { from: 'file', path: picture }
        : isThumbnail(metadata['modelspec.thumbnail'])
          ? { from: 'metadata' }
          : null,
  };
}

const longestAlias = 300;

type Fields = Omit<AdapterDescription, 'path' | 'bytes' | 'alias' | 'triggerWords' | 'sidecar' | 'preview'>;
type Metadata = Readonly<Record<string, string>>;

async function readFields(path: string): Promise<Fields & { metadata: Metadata }> {
  try {
    const adapter = await readAdapter(path);
    const { rank, alpha } = adapterNumbers(adapter);
    return {
      isAdapter: true,
      problem: null,
      dialect: adapter.dialect.id,
      algorithm: adapter.algorithm,
      base: adapter.base,
      rank,
      alpha,
      total: adapter.layers,
      hasText: adapter.modules.some(({ key }) => adapter.components.get(key)?.startsWith('text_encoder')),
      signature: signatureOf(adapter),
      metadata: adapter.file.metadata,
    };
  } catch (error) {
    return {
      isAdapter: !(error instanceof NotAnAdapterError || error instanceof NotSafetensorsError),
      problem: errorMessageOf(fileError(error, path, 'read')).message,
      dialect: 'unknown',
      algorithm: 'unknown',
      base: 'unknown',
      rank: null,
      alpha: null,
      total: 0,
      hasText: false,
      signature: '',
      // A kind that is not supported yet still has a name and words on its card.
      metadata: await readSafetensors(path).then(
        (file) => file.metadata,
        () => ({}),
      ),
    };
  }
}

/** Layers that cannot be used count: a file with some of them fits in part only. */
function signatureOf({ modules, layers }: AdapterFile): string {
  const lines = modules.map(
    ({ key, inFeatures, outFeatures, kernel }) => `${key} ${inFeatures} ${outFeatures} ${kernel?.join('x') ?? ''}`,
  );
  return createHash('sha256')
    .update([`${layers}`, ...lines.toSorted()].join('\n'))
    .digest('hex');
}
