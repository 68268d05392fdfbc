/** The far field on a grid that no Fourier transform of the frame leads to: a product with one matrix per axis. */

import { ShapeError } from "../errors.ts";
import type { RealArray } from "../nd_array.ts";
import type { PropagatorFactors } from "../reconstruction.ts";
import type { Propagator } from "./propagator.ts";

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
  const line = new Float64Array(2 * Math.max(rows, cols));
  const [alongX, alongY] = [{ lines: rows, length: cols, step: 1, next: cols }, {
    lines: cols,
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
  readonly lines: number;
  readonly length: number;
  /** Elements from one to the next of a line, and from one line to the next. */
  readonly step: number;
  readonly next: number;
  readonly offset: number;
  readonly line: Float64Array;
}

/** Multiplies every line of a wave by a matrix (out, in). Changes `wave`. */
function multiplyLines(
  wave: Float64Array,
  matrix: RealArray,
  { lines, length, step, next, offset, line }: Lines,
): void {
  for (let l = 0; l < lines; l++) {
    const first = offset + 2 * l * next;
    for (let i = 0; i < length; i++) {
      line[2 * i] = wave[first + 2 * i * step]!;
      line[2 * i + 1] = wave[first + 2 * i * step + 1]!;
    }
    for (let out = 0; out < length; out++) {
      let [re, im] = [0, 0];
      const row = 2 * out * length;
      for (let i = 0; i < 2 * length; i += 2) {
        const a = matrix[row + i]!;
        const b = matrix[row + i + 1]!;
        const c = line[i]!;
        const d = line[i + 1]!;
        re += a * c - b * d;
        im += a * d + b * c;
      }
      wave[first + 2 * out * step] = re;
      wave[first + 2 * out * step + 1] = im;
    }
  }
}
