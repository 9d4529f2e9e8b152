import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { AdapterShelf, type AdapterShelfParts } from '../../../../app/adapters/adapter-shelf.js';
import type { Worker } from '../../../../app/contracts/worker.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { kohya } from '../../../../native-models/adapters/dialects/kohya.js';
import { readAdaptableModel } from '../../../../native-models/adapters/read-adaptable-model.js';
import type { AdaptableLayer } from '../../../../native-models/onnx/graph.js';
import { pairsFor, writeZeros } from '../../native-models/adapters/adapter-files.js';
import { makePlace, workerInProcess } from '../test-parts.js';

/** The studio's own image model: a real one, small enough for tests. */
export const realModel = join(process.cwd(), 'native-models', 'embedded', 'pictures');

/** Which calls a worker got, and of how many files. */
export interface Asked {
  readonly described: string[];
  readonly hashed: string[];
  readonly inspected: string[];
  readonly fitted: string[];
}

export async function openShelf(
  options: {
    place?: Awaited<ReturnType<typeof makePlace>>;
    worker?: (real: Worker) => Partial<Worker>;
    parts?: Partial<AdapterShelfParts>;
  } = {},
) {
  const place = options.place ?? (await makePlace());
  const home = homeAt(place.home);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const real = workerInProcess();
  const asked: Asked = { described: [], hashed: [], inspected: [], fitted: [] };
  const worker: Worker = {
    ...real,
    describeAdapters: (request) => {
      asked.described.push(...request.paths);
      return real.describeAdapters(request);
    },
    hashAdapter: (request, ...rest) => {
      asked.hashed.push(request.path);
      return real.hashAdapter(request, ...rest);
    },
    inspectAdapter: (request, signal) => {
      asked.inspected.push(request.path);
      return real.inspectAdapter(request, signal);
    },
    fitAdapters: (request) => {
      asked.fitted.push(...request.paths);
      return real.fitAdapters(request);
    },
    ...options.worker?.(real),
  };
  let rung = 0;
  const shelf = new AdapterShelf({
    ...{ database, home, worker, embeddedModels: place.embeddedModels },
    onChanged: () => (rung += 1),
    watchTimings: { quietMs: 20, atLatestMs: 200, pollMs: 50 },
    ...options.parts,
  });
  const close = async () => {
    await shelf.close();
    database.close();
  };
  let closed: Promise<void> | null = null;
  const closeOnce = () => (closed ??= close());
  onTestFinished(closeOnce);
  return { ...place, homeAt: home, database, worker, shelf, asked, close: closeOnce, changes: () => rung };
}

/** A few layers of the real model. */
const someLayers = ({ path }: AdaptableLayer): boolean => path.includes('mid_block.attentions.0');

let fillings = 0;

/** A LoRA that fits the real model. Each has tensors of its own, unless `filling` says which. */
export async function writeAdapter(
  path: string,
  { metadata = {}, filling = (fillings += 1), rank = 1 }: WriteOptions = {},
): Promise<string> {
  await writeZeros(path, pairsFor(await realLayers(), kohya, { rank, wanted: someLayers }), metadata);
  const file = await open(path, 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.of(filling % 200, 0x2c), 0, 2, size - 4); // small f16 numbers
  await file.write(Buffer.of(Math.floor(filling / 200) % 200, 0x2c), 0, 2, size - 6);
  await file.close();
  return path;
}

interface WriteOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly filling?: number;
  readonly rank?: number;
}

let layers: ReturnType<typeof readAdaptableModel> | null = null;
const realLayers = () => (layers ??= readAdaptableModel(realModel));
