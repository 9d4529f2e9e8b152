/**
 * The number below which 97.5 % of Student's t distribution lie: half widths of 95 % intervals of a mean.
 *
 * P(|T| > t) is the regularised incomplete beta function I_x(df/2, 1/2) at x = df / (df + t^2) (Abramowitz and Stegun
 * 26.7.1 and 26.5.27), here by its continued fraction (26.5.8, in Lentz's way), and the root by halving.
 */
export function studentT975(degreesOfFreedom: number): number {
  const df = degreesOfFreedom;
  let [low, high] = [1.9, 13]; // df = 1 has 12.706, infinite df 1.96
  for (let round = 0; round < 60; round++) {
    const t = (low + high) / 2;
    if (regularizedBeta(df / (df + t * t), df / 2, 0.5) > 0.05) low = t;
    else high = t;
  }
  return (low + high) / 2;
}

/** I_x(a, b) for 0 < x < 1. */
function regularizedBeta(x: number, a: number, b: number): number {
  // The fraction converges fast on this side; on the other one, I_x(a, b) = 1 - I_(1 - x)(b, a).
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  let numerator = 1;
  let denominator = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = denominator;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    denominator = 1 / (1 + even * denominator);
    numerator = 1 + even / numerator;
    fraction *= numerator * denominator;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / (1 + odd * denominator);
    numerator = 1 + odd / numerator;
    const step = numerator * denominator;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return front * fraction;
}

/** ln Gamma(x), x > 0: Stirling's series (Abramowitz and Stegun 6.1.41) above 10, the recurrence below. */
function logGamma(x: number): number {
  let shift = 0;
  while (x < 10) shift -= Math.log(x++);
  const square = 1 / (x * x);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x;
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
