/** Coordinates of pixels and the factors that propagators are made of, as outer products of two axes. */

/** The coordinate of each of `count` pixels: (index - origin) * pixel, wrapped so that it lies around 0. */
export function axisGrid(
  count: number,
  { origin, pixel }: { readonly origin: number; readonly pixel: number },
): Float64Array {
  const half = Math.floor(count / 2);
  return Float64Array.from({ length: count }, (_, i) => {
    const at = i - origin + half;
    return (at - Math.floor(at / count) * count - half) * pixel;
  });
}

/** exp(i (phaseY[y] + phaseX[x])), complex, (y, x). */
export function phaseFactor(phaseY: Float64Array, phaseX: Float64Array): Float64Array {
  const cols = phaseX.length;
  const factor = new Float64Array(2 * phaseY.length * cols);
  for (let y = 0; y < phaseY.length; y++) {
    for (let x = 0; x < cols; x++) {
      const phase = phaseY[y]! + phaseX[x]!;
      factor[2 * (y * cols + x)] = Math.cos(phase);
      factor[2 * (y * cols + x) + 1] = Math.sin(phase);
    }
  }
  return factor;
}

/** Multiplies complex `wave` by `factor`, or by its conjugate. Changes `wave`. */
export function multiplyBy(
  wave: Float64Array,
  factor: ArrayLike<number>,
  { conjugate }: { readonly conjugate: boolean },
): void {
  const sign = conjugate ? -1 : 1;
  for (let i = 0; i < wave.length; i += 2) {
    const re = wave[i]!;
    const im = wave[i + 1]!;
    const c = factor[i]!;
    const s = sign * factor[i + 1]!;
    wave[i] = re * c - im * s;
    wave[i + 1] = re * s + im * c;
  }
}
