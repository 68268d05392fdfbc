/** Replaces single pixels that stick out of their surroundings. */

/** A frame's size and what counts as hot. */
export interface HotPixelOptions {
  readonly rows: number;
  readonly cols: number;
  /** Side of the window whose median is taken. */
  readonly size: number;
  /** Standard deviations of all deviations from the median beyond which a pixel is replaced. */
  readonly tolerance: number;
  /** Leaves pixels alone whose window does not fit into the frame. */
  readonly ignoreEdges: boolean;
}

/**
 * Replaces every pixel that deviates from the median of the window around it by more than `tolerance` standard deviations of all
 * such deviations, by that median. At the edges the window is cut. Changes `frame`; returns how many were replaced.
 *
 * An even window reaches one pixel further up and left than down and right. The median of an even number is the mean of the middle two.
 */
export function removeHotPixels(frame: Float64Array, o: HotPixelOptions): number {
  const before = Math.floor(o.size / 2);
  const after = o.size - 1 - before;
  const [top, left] = o.ignoreEdges ? [before, before] : [0, 0];
  const [bottom, right] = o.ignoreEdges ? [o.rows - after, o.cols - after] : [o.rows, o.cols];
  const medians = new Float64Array(frame.length);
  let [count, sum, squares] = [0, 0, 0];
  const values: number[] = [];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      values.length = 0;
      for (let v = Math.max(0, y - before); v <= Math.min(o.rows - 1, y + after); v++) {
        for (let u = Math.max(0, x - before); u <= Math.min(o.cols - 1, x + after); u++) {
          values.push(frame[v * o.cols + u]!);
        }
      }
      const at = y * o.cols + x;
      medians[at] = medianOf(values);
      const deviation = frame[at]! - medians[at]!;
      count++;
      sum += deviation;
      squares += deviation * deviation;
    }
  }
  const limit = o.tolerance * Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  let replaced = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = y * o.cols + x;
      if (!(Math.abs(frame[at]! - medians[at]!) > limit)) continue;
      frame[at] = medians[at]!;
      replaced++;
    }
  }
  return replaced;
}

/** The median. Sorts `values`. */
function medianOf(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
