import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdapterSource, ShelfAdapter } from '../../../app/adapters/adapter-shelf-port.js';
import type { AdapterReceipt } from '../../../app/contracts/adapters.js';
import { StudioError } from '../../../app/contracts/studio-error.js';
import { exists } from './test-parts.js';

/** The receipt of an adapter that fits whole. */
export function receiptOf(file: string, change: Partial<AdapterReceipt> = {}): AdapterReceipt {
  const digit = (file.length % 16).toString(16);
  return {
    ...{ file, dialect: 'kohya', algorithm: 'lora', base: 'sd1', rank: [4, 4], alpha: [4, 4], scale: [1, 1] },
    ...{ matched: 264, unmatched: [], total: 264, fits: true, nonFinite: [], triggerWords: [] },
    hashes: {
      ...{ sha256: digit.repeat(64), autov2: digit.repeat(10) },
      ...{ autov3: `52e8b0c41d7${digit}`, tensors: `52e8b0c41d7${digit}`.padEnd(64, '0') },
    },
    blocks: [
      { name: 'Text encoder', matched: 72, total: 72, norm: 1 },
      { name: 'Up 3', matched: 192, total: 192, norm: 2 },
    ],
    ...change,
  };
}

/** A shelf of real files whose receipts a test decides. */
export class SmallShelf implements AdapterSource {
  readonly adapters: ShelfAdapter[] = [];
  readonly receipts = new Map<string, AdapterReceipt>();
  /** What was told of pictures. */
  readonly told: { ids: readonly string[]; path: string }[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(name: string, change: Partial<AdapterReceipt> = {}, alias: string | null = null): Promise<ShelfAdapter> {
    const path = join(this.#folder, `${name}.safetensors`);
    await writeFile(path, name);
    const adapter = { id: `id-of-${name}`, name, alias, path };
    this.adapters.push(adapter);
    this.receipts.set(path, receiptOf(path, change));
    return adapter;
  }

  async ready(id: string): Promise<ShelfAdapter> {
    const adapter = this.adapters.find((each) => each.id === id);
    if (adapter === undefined) throw new StudioError('not-found', `${id} is not on the shelf.`);
    if (!(await exists(adapter.path))) {
      throw new StudioError('missing-file', `${adapter.name} is gone from the disk.`, { file: adapter.path });
    }
    return adapter;
  }

  async find(name: string): Promise<ShelfAdapter | null> {
    return this.adapters.find((each) => each.name === name || each.alias === name) ?? null;
  }

  async receipt({ path }: ShelfAdapter): Promise<AdapterReceipt> {
    const receipt = this.receipts.get(path);
    if (receipt === undefined) throw new StudioError('missing-file', `There is nothing at ${path}.`, { file: path });
    return receipt;
  }

  used(uses: readonly { id: string }[], { path }: { path: string }): Promise<void> {
    this.told.push({ ids: uses.map(({ id }) => id), path });
    return Promise.resolve();
  }
}
