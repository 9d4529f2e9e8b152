/** a . b / (|a| |b|), -1 to 1, summed in float64; 0 where a vector has no length and so points nowhere. */
export function cosineSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} numbers`);
  let [product, squaresOfA, squaresOfB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    product += x * y;
    squaresOfA += x * x;
    squaresOfB += y * y;
  }
  const lengths = Math.sqrt(squaresOfA) * Math.sqrt(squaresOfB);
  // Rounding may put equal directions a bit beyond 1.
  return lengths === 0 ? 0 : Math.min(1, Math.max(-1, product / lengths));
}
