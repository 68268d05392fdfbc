/** Relative intensities of the beam from a monitor that sometimes fails. */

import { DataError } from "../errors.ts";

/**
 * Readings of a monitor relative to their mean. Readings below 0 or that are no numbers are failures, and so is a reading that is the only one
 * below the mean; a failure becomes the mean of the nearest readings before and behind it.
 *
 * @throws {DataError} if no reading is above 0
 */
export function relativeIntensities(
  readings: ArrayLike<number>,
  { source }: { readonly source: string },
): Float64Array {
  const isGood = Array.from(readings, (value) => value >= 0 && value < Infinity);
  const mean = meanOf(Array.from(readings).filter((_, i) => isGood[i]));
  const below = isGood.flatMap((good, i) => good && readings[i]! < mean ? [i] : []);
  if (below.length === 1) isGood[below[0]!] = false;
  const values = Float64Array.from(readings, (value, i) => {
    if (isGood[i]) return value;
    const [before, behind] = [isGood.lastIndexOf(true, i), isGood.indexOf(true, i)];
    return meanOf([before, behind].filter((at) => at >= 0).map((at) => readings[at]!));
  });
  const scale = meanOf([...values]);
  if (scale > 0 && values.every((value) => value > 0)) return values.map((value) => value / scale);
  throw new DataError(`Cannot normalise frames of ${source}: found no reading of the monitor, or 0, expected counts`, {
    source,
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
