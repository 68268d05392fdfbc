/** The logarithm of the gamma function. */

/** Coefficients of Stirling's series, B(2k) / (2k (2k - 1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/**
 * `log(gamma(x))` for x >= 1, to about 1e-15 of the largest term.
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 6.1.41
 */
export function logGamma(x: number): number {
  let product = 1;
  for (; x < 10; x++) product *= x;
  const inverse = 1 / (x * x);
  let series = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) series = series * inverse + STIRLING[k]!;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series / x - Math.log(product);
}
