/** Let main's thread do something else: called after every few milliseconds of work. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same of every item, some hundred at a time. */
export async function mapInSlices<T, R>(items: readonly T[], map: (item: T) => R): Promise<R[]> {
  const mapped: R[] = [];
  for (const [index, item] of items.entries()) {
    mapped.push(map(item));
    if (index % sliceItems === sliceItems - 1) await breathe();
  }
  return mapped;
}

const sliceItems = 100;
