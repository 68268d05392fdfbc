/** Merges frames of several exposures of the same pattern into one of a larger range. */

/** One exposure: counts without the dark, (y, x), and how long it was. */
export interface Exposure {
  readonly data: Float64Array;
  readonly time: number;
}

/** Size of the frames, and the lowest and highest counts that are trusted. */
export interface MergeOptions {
  readonly rows: number;
  readonly cols: number;
  readonly thresholds: readonly [number, number];
}

/**
 * For each pixel the longest exposure in which it can be trusted, scaled to the longest of all. Counts above the high threshold are
 * not trusted, nor is what touches them; counts below the low one are trusted only beside ones that are not. A pixel that no
 * exposure can be trusted with keeps that of the longest, and is masked where it is saturated in the shortest.
 */
export function mergeExposures(
  exposures: readonly Exposure[],
  o: MergeOptions,
): { readonly values: Float64Array; readonly mask: Uint8Array } {
  const ordered = exposures.toSorted((a, b) => b.time - a.time);
  const longest = ordered[0]!;
  const values = longest.data.slice();
  const trusted = new Uint8Array(values.length);
  let saturated = new Uint8Array(values.length);
  for (const { data, time } of ordered) {
    saturated = grown(Uint8Array.from(data, (counts) => counts > o.thresholds[1] ? 1 : 0), o);
    const bright = grown(Uint8Array.from(data, (counts) => counts >= o.thresholds[0] ? 1 : 0), o);
    for (let i = 0; i < values.length; i++) {
      if (trusted[i] === 1 || saturated[i] === 1 || bright[i] === 0) continue;
      values[i] = data[i]! * (longest.time / time);
      trusted[i] = 1;
    }
  }
  return { values, mask: saturated.map((is) => 1 - is) };
}

/** A set of pixels with the four neighbours of each. */
function grown(set: Uint8Array, { rows, cols }: MergeOptions): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(set);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const i = y * cols + x;
      if (set[i] === 0) continue;
      if (y > 0) out[i - cols] = 1;
      if (y < rows - 1) out[i + cols] = 1;
      if (x > 0) out[i - 1] = 1;
      if (x < cols - 1) out[i + 1] = 1;
    }
  }
  return out;
}
