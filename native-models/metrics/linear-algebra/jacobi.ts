/**
 * Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations (Golub and Van Loan, section 8.5): the
 * simplest way, and for a dozen rows fast enough.
 */
export interface Eigenpairs {
  /** [n], largest first. */
  readonly values: Float64Array;
  /** [n, n], one eigenvector a row. */
  readonly vectors: Float64Array;
}

const MOST_SWEEPS = 50;

/** @param matrix [n, n], symmetric; used up */
export function jacobiEigenpairs(matrix: Float64Array, n: number): Eigenpairs {
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) turned = rotate(matrix, vectors, n, p, q) || turned;
    if (!turned) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).toSorted((a, b) => matrix[b * n + b]! - matrix[a * n + a]!);
  return {
    values: Float64Array.from(order, (i) => matrix[i * n + i]!),
    vectors: Float64Array.from(order.flatMap((i) => [...vectors.subarray(i * n, (i + 1) * n)])),
  };
}

/** Makes the element at (p, q) 0; false where it is already, next to its diagonal. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): boolean {
  const [app, aqq, apq] = [a[p * n + p]!, a[q * n + q]!, a[p * n + q]!];
  if (Math.abs(apq) <= Number.EPSILON * Math.sqrt(Math.abs(app * aqq)) || apq === 0) return false;
  const half = (aqq - app) / (2 * apq);
  const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.sqrt(half * half + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k]!, a[q * n + k]!];
    a[p * n + k] = cosine * x - sine * y;
    a[q * n + k] = sine * x + cosine * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p]!, a[k * n + q]!];
    a[k * n + p] = cosine * x - sine * y;
    a[k * n + q] = sine * x + cosine * y;
    const [v, w] = [vectors[p * n + k]!, vectors[q * n + k]!];
    vectors[p * n + k] = cosine * v - sine * w;
    vectors[q * n + k] = sine * v + cosine * w;
  }
  a[p * n + q] = a[q * n + p] = 0;
  return true;
}
