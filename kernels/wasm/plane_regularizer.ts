/**
 * The smoothing prior on the object (gradient_descent/regularizer.ts) on single planes, re or im, of a layer: as real numbers do not mix
 * there, a complex layer is two calls. Plain loops: one layer costs little beside the frames.
 */

import type { RealArray } from "../nd_array.ts";

/** A plane within an array: its first number, rows, columns, numbers from a row to the next; and the prior's amplitude. */
export interface RegularizedPlane {
  readonly offset: number;
  readonly rows: number;
  readonly cols: number;
  readonly pitch: number;
  readonly amplitude: number;
}

/** Adds to every number of `gradient`'s plane 2 A times the sum of the object's differences to its neighbours. Changes `gradient`. */
export function addDel2Gradient(gradient: RealArray, object: RealArray, plane: RegularizedPlane): void {
  const { offset, rows, cols, pitch, amplitude } = plane;
  for (let y = 0; y < rows; y++) {
    // A neighbour that does not exist is the number itself: no difference.
    const up = y > 0 ? pitch : 0;
    const down = y < rows - 1 ? pitch : 0;
    const first = offset + y * pitch;
    const last = first + cols - 1;
    for (let i = first; i <= last; i++) {
      const value = object[i]!;
      const vertical = (value - object[i - up]!) + (value - object[i + down]!);
      const horizontal = (i > first ? value - object[i - 1]! : 0) + (i < last ? value - object[i + 1]! : 0);
      gradient[i] = gradient[i]! + 2 * amplitude * (vertical + horizontal);
    }
  }
}

/** B1 and B2 of the prior along `direction` from one plane; those of a layer are the sums of its two. */
export function del2LineSums(object: RealArray, direction: RealArray, plane: RegularizedPlane): [number, number] {
  const { offset, rows, cols, pitch, amplitude } = plane;
  let [first, square] = [0, 0];
  for (let y = 0; y < rows; y++) {
    const down = y < rows - 1 ? pitch : 0;
    const start = offset + y * pitch;
    const last = start + cols - 1;
    for (let i = start; i <= last; i++) {
      const [value, step] = [object[i]!, direction[i]!];
      const below = direction[i + down]! - step;
      first += (object[i + down]! - value) * below;
      square += below * below;
      if (i === last) continue;
      const beside = direction[i + 1]! - step;
      first += (object[i + 1]! - value) * beside;
      square += beside * beside;
    }
  }
  // Every difference counts twice: to the next neighbour and, seen from there, to the previous one.
  return [4 * amplitude * first, 2 * amplitude * square];
}
