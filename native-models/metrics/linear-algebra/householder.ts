/**
 * A reflection H = I - tau v v^T with v[0] = 1 that maps x to (beta, 0, ..., 0) (Golub and Van Loan, section 5.1).
 *
 * x lies in `data` at `start`, `length` numbers in a row; it becomes v without its leading 1, whose place takes beta.
 * @returns tau; 0 where x has nothing to annihilate
 */
export function reflect(data: Float64Array, start: number, length: number): number {
  let squares = 0;
  for (let i = start + 1; i < start + length; i++) squares += data[i]! * data[i]!;
  if (squares === 0) return 0;
  const head = data[start]!;
  const norm = Math.sqrt(head * head + squares);
  const beta = head > 0 ? -norm : norm; // away from cancellation
  const scale = 1 / (head - beta);
  for (let i = start + 1; i < start + length; i++) data[i]! *= scale;
  data[start] = beta;
  return (beta - head) / beta;
}
