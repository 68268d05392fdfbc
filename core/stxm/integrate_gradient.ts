/** The phase whose gradient is known, by least squares in Fourier space, without wrapping around at the borders. */

import { createFft2 } from "../../kernels/fft/fft.ts";

/** A field of gradients per pixel, each (y, x). */
export interface Gradient {
  readonly rows: number;
  readonly cols: number;
  readonly down: Float64Array;
  readonly across: Float64Array;
}

/**
 * The field, (y, x), whose gradient is nearest to the given one, with mean 0. The gradient is continued into four quadrants as
 * that of a field that is mirrored at its borders, so that the continuation is periodic.
 *
 * @see Frankot, Chellappa, IEEE Trans. PAMI 10 (1988) 439, 10.1109/34.3909, for the least squares
 * @see Bon, Monneret, Wattellier, Appl. Opt. 51 (2012) 5698, 10.1364/AO.51.005698, for the mirrored quadrants
 */
export function integrateGradient({ rows, cols, down, across }: Gradient): Float64Array {
  const [height, width] = [2 * rows, 2 * cols];
  // Both components in one transform: down is the real part, across the imaginary one.
  const wave = new Float64Array(2 * height * width);
  for (let y = 0; y < height; y++) {
    const [fromY, signY] = y < rows ? [y, 1] : [height - 1 - y, -1];
    for (let x = 0; x < width; x++) {
      const [fromX, signX] = x < cols ? [x, 1] : [width - 1 - x, -1];
      wave[2 * (y * width + x)] = signY * down[fromY * cols + fromX]!;
      wave[2 * (y * width + x) + 1] = signX * across[fromY * cols + fromX]!;
    }
  }
  const fft = createFft2(height, width);
  fft.forward(wave);
  divideByFrequency(wave, height, width);
  fft.inverse(wave);
  const field = new Float64Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) field[y * cols + x] = wave[2 * (y * width + x)]!;
  }
  return field;
}

/** Spectrum of down + i across -> spectrum of the field, which is real. Changes `wave`. */
function divideByFrequency(wave: Float64Array, height: number, width: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const opposite = ((height - y) % height) * width + (width - x) % width;
      if (opposite < at) continue;
      const [qy, qx] = [frequency(y, height), frequency(x, width)];
      const square = qy * qy + qx * qx;
      const [a, b, c, d] = [wave[2 * at]!, wave[2 * at + 1]!, wave[2 * opposite]!, wave[2 * opposite + 1]!];
      // Spectra of two real fields from that of their complex sum: D = (F(k) + conj F(-k)) / 2, A = (F(k) - conj F(-k)) / 2i.
      const re = qy * (a + c) / 2 + qx * (b + d) / 2;
      const im = qy * (b - d) / 2 + qx * (c - a) / 2;
      // -i (qy D + qx A) / q^2
      const [real, imaginary] = square === 0 ? [0, 0] : [im / square, -re / square];
      wave[2 * at] = real;
      wave[2 * at + 1] = imaginary;
      wave[2 * opposite] = real;
      wave[2 * opposite + 1] = -imaginary;
    }
  }
}

/** Radians per pixel; 0 for the highest, whose sign is not known. */
function frequency(index: number, count: number): number {
  if (2 * index === count) return 0;
  return 2 * Math.PI * (index < count / 2 ? index : index - count) / count;
}
