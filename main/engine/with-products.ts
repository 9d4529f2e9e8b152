import { MatrixProducts } from '../../native-models/runtime/matrix-products.js';
import { oneAtATime } from './one-at-a-time.js';

/**
 * Products of matrices for as long as `work` runs. Each takes its turn among all work on sessions; what happens between
 * two of them holds up nobody.
 */
export async function withProducts<T>(signal: AbortSignal, work: (products: MatrixProducts) => Promise<T>): Promise<T> {
  const products = new MatrixProducts((run) => oneAtATime(signal, run));
  try {
    return await work(products);
  } finally {
    // Sessions are released in their turn too, cancelled or not.
    await oneAtATime(new AbortController().signal, () => products.release());
  }
}
