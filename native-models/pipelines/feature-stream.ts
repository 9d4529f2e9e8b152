/**
 * The loop from pictures to vectors: reading and resizing run ahead of the network by a bounded number of pictures, so
 * that neither waits for the other and memory does not grow with the number of pictures.
 */
import { ModelError } from '../errors.js';

export interface FeatureStream<Item, Prepared extends PreparedPicture> {
  readonly items: Iterable<Item>;
  /** Reads and resizes one picture. What it rejects with ends the stream; a picture to leave out is a `problem`. */
  prepare(item: Item): Promise<Prepared | Problem>;
  /** @param pixels [count, 3, S, S] @returns [count, D] */
  embed(pixels: Float32Array<ArrayBuffer>, count: number): Promise<Float32Array>;
  /** Pictures that go through the network side by side. */
  readonly batch: number;
  /** Pictures that may be prepared, or be on their way, before the network takes them. Two batches unless told. */
  readonly ahead?: number;
  /** Aborted: the stream ends with an error of kind `cancelled` before the next batch. */
  readonly signal: AbortSignal;
}

interface PreparedPicture {
  /** [3, S, S] */
  readonly pixels: Float32Array;
}

interface Problem {
  readonly problem: string;
}

export type StreamedFeature<Item, Prepared> =
  | { readonly item: Item; readonly prepared: Prepared; readonly vector: Float32Array }
  | ({ readonly item: Item } & Problem);

/** Results a batch at a time, in the order of the items. */
export async function* streamFeatures<Item, Prepared extends PreparedPicture>(
  stream: FeatureStream<Item, Prepared>,
): AsyncGenerator<StreamedFeature<Item, Prepared>[]> {
  const { batch, signal } = stream;
  /** In order: those that were left out stand among those that wait for the network. */
  let waiting: { readonly item: Item; readonly outcome: Prepared | Problem }[] = [];
  let pictures = 0;
  for await (const next of preparedAhead(stream)) {
    waiting.push(next);
    if ('pixels' in next.outcome) pictures++;
    // A folder with nothing but broken pictures tells them, too.
    if (pictures < batch && waiting.length < 4 * batch) continue;
    yield await embedded(stream, waiting);
    [waiting, pictures] = [[], 0];
    if (signal.aborted) throw stopped();
  }
  if (waiting.length > 0) yield await embedded(stream, waiting);
}

async function* preparedAhead<Item, Prepared extends PreparedPicture>(
  { items, prepare, batch, ahead = 2 * batch, signal }: FeatureStream<Item, Prepared>, // prettier-ignore
): AsyncGenerator<{ readonly item: Item; readonly outcome: Prepared | Problem }> {
  const source = items[Symbol.iterator]();
  const running: Promise<{ item: Item; outcome: Prepared | Problem }>[] = [];
  const start = (): void => {
    const next = source.next();
    if (next.done === true) return;
    const item = next.value;
    const work = prepare(item).then((outcome) => ({ item, outcome }));
    work.catch(() => undefined); // told when its turn comes; until then no one may be waiting for it
    running.push(work);
  };
  while (running.length < ahead) {
    const before = running.length;
    start();
    if (running.length === before) break;
  }
  for (let first = running.shift(); first; first = running.shift()) {
    if (signal.aborted) throw stopped();
    const result = await first;
    start();
    yield result;
  }
}

async function embedded<Item, Prepared extends PreparedPicture>(
  { embed }: FeatureStream<Item, Prepared>,
  waiting: readonly { readonly item: Item; readonly outcome: Prepared | Problem }[],
): Promise<StreamedFeature<Item, Prepared>[]> {
  const pictures = waiting.flatMap(({ outcome }) => ('pixels' in outcome ? [outcome.pixels] : []));
  const size = pictures[0]?.length ?? 0;
  const pixels = new Float32Array(pictures.length * size);
  for (const [row, picture] of pictures.entries()) pixels.set(picture, row * size);
  const vectors = pictures.length === 0 ? new Float32Array() : await embed(pixels, pictures.length);
  const columns = pictures.length === 0 ? 0 : vectors.length / pictures.length;
  let row = 0;
  return waiting.map(({ item, outcome }) => {
    if (!('pixels' in outcome)) return { item, problem: outcome.problem };
    const vector = vectors.subarray(row * columns, ++row * columns);
    return { item, prepared: outcome, vector };
  });
}

const stopped = (): ModelError => new ModelError('cancelled', 'Stopped.');
