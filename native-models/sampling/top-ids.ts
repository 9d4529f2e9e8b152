/**
 * Ids of the k largest logits, largest first; among equals the lowest id. Without sorting the whole vocabulary: a heap
 * of k, whose root is the one that would go next.
 *
 * @param logits [V].
 */
export function topIds(logits: Float32Array, k: number): number[] {
  const heap: number[] = [];
  /** Whether a goes before b out of the heap. */
  const isWorse = (a: number, b: number): boolean => logits[a]! < logits[b]! || (logits[a] === logits[b] && a > b);

  const sink = (start: number): void => {
    for (let place = start; ;) {
      let worst = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < heap.length && isWorse(heap[child]!, heap[worst]!)) worst = child;
      }
      if (worst === place) return;
      [heap[place], heap[worst]] = [heap[worst]!, heap[place]!];
      place = worst;
    }
  };

  for (let id = 0; id < logits.length; id++) {
    if (heap.length < k) {
      heap.push(id);
      if (heap.length === k) for (let i = heap.length >> 1; i >= 0; i--) sink(i);
    } else if (k > 0 && isWorse(heap[0]!, id)) {
      heap[0] = id;
      sink(0);
    }
  }
  return heap.sort((a, b) => (isWorse(a, b) ? 1 : -1));
}
