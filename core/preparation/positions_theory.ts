/** Positions that are given as a parameter instead of read from the source. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";
import type { NestedNumbers } from "../parameters/values.ts";

/**
 * Positions from `positions_theory`: nested lists, or a reference to an array that `load` reads. (frame, 2) in metres; (frame, 4) for
 * rocking curves, as `RockingCurves.coordinates`.
 *
 * @throws {ParameterError} naming `path` if the array has other columns
 */
export function givenPositions(
  given: string | NestedNumbers | null,
  o: { readonly path: string; readonly columns?: 2 | 4; readonly load: (reference: string) => NdArray },
): Float64Array | null {
  if (given === null) return null;
  if (typeof given === "string") {
    const { shape, data } = o.load(given);
    assertColumns(shape, o);
    return Float64Array.from(data as ArrayLike<number | bigint>, Number);
  }
  const rows = given.map((row) => typeof row === "object" ? row : [row]);
  assertColumns([rows.length, ...new Set(rows.map((row) => row.length))], o);
  return Float64Array.from(rows.flat(), Number);
}

function assertColumns(shape: readonly number[], { path, columns = 2 }: { path: string; columns?: 2 | 4 }): void {
  if (shape.length === 2 && shape[1] === columns) return;
  const what = columns === 2 ? "row and column in metres" : "angle in degrees, x, z and y in metres";
  const message = `found an array of shape (${shape.join(", ")}), expected (frame, ${columns}): ${what}`;
  throw new ParameterError([{ path, message }]);
}
