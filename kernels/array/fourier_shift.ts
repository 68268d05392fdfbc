/** Moves images by parts of a pixel without loss, by phase ramps in Fourier space. */

import { createFft2 } from "../fft/fft.ts";

/** Where the image lies in its array and how far it moves. */
export interface FourierShiftOptions {
  readonly rows: number;
  readonly cols: number;
  /** First element (not number) of the image in the array; 0 if left out. */
  readonly offset?: number;
  /** (y, x) in pixels, any real number: out(i) = in(i - shift). */
  readonly shift: readonly [number, number];
}

/** Moves the content of a complex image (y, x). Changes `data`. What leaves on one side comes in on the other; the power stays. */
export function fourierShift(data: Float64Array, { rows, cols, offset = 0, shift }: FourierShiftOptions): void {
  const fft = createFft2(rows, cols);
  const first = 2 * offset;
  const turn = (n: number, i: number, by: number) => -2 * Math.PI * ((i < n / 2 ? i : i - n) * by) / n;
  fft.forward(data, first);
  for (let y = 0; y < rows; y++) {
    const down = turn(rows, y, shift[0]);
    for (let x = 0; x < cols; x++) {
      const phase = down + turn(cols, x, shift[1]);
      const [c, s] = [Math.cos(phase), Math.sin(phase)];
      const at = first + 2 * (y * cols + x);
      const [re, im] = [data[at]!, data[at + 1]!];
      data[at] = re * c - im * s;
      data[at + 1] = re * s + im * c;
    }
  }
  fft.inverse(data, first);
}
