/** Values that may differ between the two axes. */

/** One value for both axes, or (vertical, horizontal). */
export type OneOrPair = number | readonly [number, number];

/** Both values, (vertical, horizontal). */
export function pairOf(value: OneOrPair): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}
