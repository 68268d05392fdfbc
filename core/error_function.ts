/** The error function. */

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/**
 * erf(x) to about 1e-15: a series of positive terms near 0, a continued fraction in the tails.
 *
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 7.1.6 and 7.1.14
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 6)) return Number.isNaN(x) ? NaN : Math.sign(x);
  return Math.sign(x) * (a < 2.5 ? series(a) : 1 - tail(a));
}

function series(a: number): number {
  let term = a;
  let sum = a;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= 2 * a * a / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_ROOT_PI * Math.exp(-a * a) * sum;
}

function tail(a: number): number {
  let fraction = a;
  for (let k = 60; k >= 1; k--) fraction = a + k / 2 / fraction;
  return Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction);
}
