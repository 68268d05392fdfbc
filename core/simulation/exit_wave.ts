/** The wave behind the sample in a simulation. */

/** A layer of the object and where the view of a frame begins in it. */
export interface ViewedObject {
  /** Complex, rows of `stride` pixels. */
  readonly layer: ArrayLike<number>;
  readonly stride: number;
  /** First pixel, (y, x). */
  readonly low: readonly [number, number];
}

/** Probe times view, complex (y, x), of `rows` * `cols` pixels. */
export function exitWaveOf(
  probe: ArrayLike<number>,
  { layer, stride, low: [top, left] }: ViewedObject,
  { rows, cols }: { readonly rows: number; readonly cols: number },
): Float64Array {
  const wave = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const i = 2 * (y * cols + x);
      const j = 2 * ((top + y) * stride + left + x);
      wave[i] = probe[i]! * layer[j]! - probe[i + 1]! * layer[j + 1]!;
      wave[i + 1] = probe[i]! * layer[j + 1]! + probe[i + 1]! * layer[j]!;
    }
  }
  return wave;
}
