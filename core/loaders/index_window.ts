/** A window of an array as a person writes it, `10:20, :5`, and means over it. */

import { DataError } from "../errors.ts";
import type { Hdf5File } from "../formats/hdf5.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import { wrongRank } from "./frame_reader.ts";
import { badParameter } from "./instrument_files.ts";

/** First index and one after the last; undefined for an open end, negative from the end. */
export interface IndexRange {
  readonly start: number | undefined;
  readonly stop: number | undefined;
}

const PART = /^(?:(-?\d+)?\s*:\s*(-?\d+)?|(-?\d+))$/;

/** The ranges of a text such as `[10:20, :5]`, one for each axis; none where it is None. @throws {ParameterError} for other texts */
export function parseWindow(text: string | null, name: string): IndexRange[] {
  if (text === null) return [];
  return text.trim().replace(/^\[(.*)\]$/, "$1").split(",").map((part) => {
    const found = PART.exec(part.trim());
    if (found === null) {
      throw badParameter(name, `found "${text}", expected a range of indices for each axis, such as "10:20, 5:30"`);
    }
    const [, start, stop, single] = found.map((n) => n === undefined || n === "" ? undefined : Number(n));
    if (single !== undefined) return { start: single, stop: single === -1 ? undefined : single + 1 };
    return { start, stop };
  });
}

/**
 * The mean over a window of each element along the first axis.
 *
 * @throws {DataError} if the data set has not `count` elements, or not the axes of the window, or the window is empty or its mean 0
 */
export function windowMean(
  file: Hdf5File,
  o: { readonly dataset: string; readonly window: readonly IndexRange[]; readonly count: number },
): number[] {
  const shape = file.shape(o.dataset);
  const axes = shape.slice(1);
  if (shape[0] !== o.count || o.window.length > axes.length) {
    const expected = `(${[o.count, ...o.window.map(() => "n")].join(", ")})`;
    throw wrongRank(file.path, { dataset: o.dataset, found: shape, expected });
  }
  const ranges = axes.map((n, axis) => resolve(o.window[axis] ?? { start: undefined, stop: undefined }, n));
  const size = ranges.reduce((product, [start, stop]) => product * Math.max(0, stop - start), 1);
  return Array.from({ length: o.count }, (_, i) => {
    const box = {
      offset: [i, ...ranges.map(([start]) => start)],
      count: [1, ...ranges.map(([start, stop]) => Math.max(0, stop - start))],
    };
    const mean = toNumbers(file.readRegion(o.dataset, box)).reduce((sum, value) => sum + value, 0) / size;
    if (mean > 0 && mean < Infinity) return mean;
    throw new DataError(
      `Cannot normalise by "${o.dataset}" in "${file.path}": found a mean of ${mean} in element ${i}, expected a number above 0; check the window`,
      { file: file.path, dataset: o.dataset, found: String(mean) },
    );
  });
}

function resolve({ start, stop }: IndexRange, n: number): [number, number] {
  const place = (index: number) => Math.min(n, Math.max(0, index < 0 ? index + n : index));
  return [place(start ?? 0), place(stop ?? n)];
}
