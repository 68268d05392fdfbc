/** The far field on a grid that no Fourier transform of the frame leads to: a product with one matrix per axis. */

import { ShapeError } from "../errors.ts";
import type { RealArray } from "../nd_array.ts";
import type { PropagatorFactors } from "../reconstruction.ts";
import type { Propagator } from "./propagator.ts";

/** Lines that are multiplied at a time, so that an element of the matrix is read once for all of them. */
const AT_ONCE = 4;

/** Factors of a scaled propagator. */
export type ScaledFactors = Extract<PropagatorFactors, { readonly kind: "scaled" }>;

/**
 * `forward(w) = y w x^T` and its adjoint, `backward(W) = y^* W conj(x)`, in place.
 *
 * @throws {ShapeError} if a matrix does not have the size of its axis
 * @see Soummer et al., Optics Express 15 (2007) 15935, 10.1364/OE.15.015935, section 2: the transform to any pixel as two products
 */
export function scaledField(
  { y, x }: ScaledFactors,
  { rows, cols }: { readonly rows: number; readonly cols: number },
): Propagator {
  for (const [axis, matrix, side] of [["y", y, rows], ["x", x, cols]] as const) {
    if (matrix.length === 2 * side * side) continue;
    throw new ShapeError(
      `Cannot use the scaled propagator: found ${matrix.length} numbers along ${axis}, expected 2 * ${side} * ${side}`,
    );
  }
  const line = new Float64Array(2 * AT_ONCE * Math.max(rows, cols));
  const [alongX, alongY] = [{ count: rows, length: cols, step: 1, next: cols }, {
    count: cols,
    length: rows,
    step: cols,
    next: 1,
  }];
  let adjoint: Record<"x" | "y", RealArray> | null = null;
  return {
    forward(wave, offset = 0) {
      multiplyLines(wave, x, { ...alongX, offset, line });
      multiplyLines(wave, y, { ...alongY, offset, line });
    },
    backward(wave, offset = 0) {
      adjoint ??= { x: adjointMatrix(x, cols), y: adjointMatrix(y, rows) };
      multiplyLines(wave, adjoint.y, { ...alongY, offset, line });
      multiplyLines(wave, adjoint.x, { ...alongX, offset, line });
    },
  };
}

/** The conjugate transpose of a square matrix. */
export function adjointMatrix(matrix: RealArray, side: number): Float64Array {
  const out = new Float64Array(matrix.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      out[2 * (j * side + i)] = matrix[2 * (i * side + j)]!;
      out[2 * (j * side + i) + 1] = -matrix[2 * (i * side + j) + 1]!;
    }
  }
  return out;
}

interface Lines {
  readonly count: number;
  readonly length: number;
  /** Elements from one to the next of a line, and from one line to the next. */
  readonly step: number;
  readonly next: number;
  readonly offset: number;
  readonly line: Float64Array;
}

/** Multiplies every line of a wave by a matrix (out, in). Changes `wave`. */
function multiplyLines(wave: Float64Array, matrix: RealArray, lines: Lines): void {
  for (let l = 0; l < lines.count; l += AT_ONCE) multiplySome(wave, matrix, { ...lines, from: l });
}

/** Multiplies up to four lines; the rest of the four are zeros that nobody reads. */
function multiplySome(
  wave: Float64Array,
  matrix: RealArray,
  { count, length, step, next, offset, line, from }: Lines & { readonly from: number },
): void {
  const some = Math.min(AT_ONCE, count - from);
  const first = offset + 2 * from * next;
  for (let i = 0; i < length; i++) {
    for (let l = 0; l < AT_ONCE; l++) {
      const at = first + 2 * (l * next + i * step);
      line[8 * i + 2 * l] = l < some ? wave[at]! : 0;
      line[8 * i + 2 * l + 1] = l < some ? wave[at + 1]! : 0;
    }
  }
  for (let out = 0; out < length; out++) {
    let re0 = 0, im0 = 0, re1 = 0, im1 = 0, re2 = 0, im2 = 0, re3 = 0, im3 = 0;
    for (let m = 2 * out * length, i = 0; i < 8 * length; m += 2, i += 8) {
      const a = matrix[m]!, b = matrix[m + 1]!;
      re0 += a * line[i]! - b * line[i + 1]!;
      im0 += a * line[i + 1]! + b * line[i]!;
      re1 += a * line[i + 2]! - b * line[i + 3]!;
      im1 += a * line[i + 3]! + b * line[i + 2]!;
      re2 += a * line[i + 4]! - b * line[i + 5]!;
      im2 += a * line[i + 5]! + b * line[i + 4]!;
      re3 += a * line[i + 6]! - b * line[i + 7]!;
      im3 += a * line[i + 7]! + b * line[i + 6]!;
    }
    const sums = [re0, im0, re1, im1, re2, im2, re3, im3];
    for (let l = 0; l < some; l++) {
      const at = first + 2 * (l * next + out * step);
      wave[at] = sums[2 * l]!;
      wave[at + 1] = sums[2 * l + 1]!;
    }
  }
}
