/** Positions that are given as a parameter instead of read from the source. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";
import type { NestedNumbers } from "../parameters/values.ts";

/**
 * Positions (frame, 2) in metres from `positions_theory`: nested lists, or a reference to an array that `load` reads.
 *
 * @throws {ParameterError} naming `path` if the array is not (frame, 2)
 */
export function givenPositions(
  given: string | NestedNumbers | null,
  o: { readonly path: string; readonly load: (reference: string) => NdArray },
): Float64Array | null {
  if (given === null) return null;
  if (typeof given === "string") {
    const { shape, data } = o.load(given);
    assertPairs(shape, o.path);
    return Float64Array.from(data as ArrayLike<number | bigint>, Number);
  }
  const rows = given.map((row) => typeof row === "object" ? row : [row]);
  assertPairs([rows.length, ...new Set(rows.map((row) => row.length))], o.path);
  return Float64Array.from(rows.flat(), Number);
}

function assertPairs(shape: readonly number[], path: string): void {
  if (shape.length === 2 && shape[1] === 2) return;
  const message = `found an array of shape (${shape.join(", ")}), expected (frame, 2): row and column in metres`;
  throw new ParameterError([{ path, message }]);
}
