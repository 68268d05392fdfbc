/** Frames of a detector whose optics distort, put right by maps of displacements. */

/** Displacements in pixels, (y, x), of where the light that belongs to a pixel has fallen. */
export interface Distortion {
  readonly rows: number;
  readonly cols: number;
  readonly dy: ArrayLike<number>;
  readonly dx: ArrayLike<number>;
}

/**
 * Fills `out` (y, x) with `frame` at (y + dy, x + dx), between pixels by bilinear interpolation; what comes from outside of the frame is
 * NaN.
 */
export function undistort(out: Float64Array, frame: ArrayLike<number>, { rows, cols, dy, dx }: Distortion): void {
  for (let i = 0; i < out.length; i++) {
    const [y, x] = [Math.floor(i / cols) + dy[i]!, i % cols + dx[i]!];
    if (!(y >= 0 && y <= rows - 1 && x >= 0 && x <= cols - 1)) {
      out[i] = NaN;
      continue;
    }
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [b, r] = [y - top, x - left];
    const at = top * cols + left;
    let sum = 0;
    // A neighbour without weight does not count, whatever it holds and wherever it would be.
    if (b < 1 && r < 1) sum += (1 - b) * (1 - r) * frame[at]!;
    if (r > 0) sum += (1 - b) * r * frame[at + 1]!;
    if (b > 0) sum += b * (1 - r) * frame[at + cols]!;
    if (b > 0 && r > 0) sum += b * r * frame[at + cols + 1]!;
    out[i] = sum;
  }
}

/** The mask (y, x) of undistorted frames: 1 where all pixels that a pixel is made of are there and valid. */
export function undistortMask(mask: ArrayLike<number>, distortion: Distortion): Uint8Array {
  const invalid = Float64Array.from(mask, (value) => value > 0 ? 0 : 1);
  const out = new Float64Array(mask.length);
  undistort(out, invalid, distortion);
  return Uint8Array.from(out, (value) => value === 0 ? 1 : 0);
}
