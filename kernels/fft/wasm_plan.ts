/** What a WASM transform of one size does: layout of planes, radices, how many vectors side by side. */

import { ShapeError } from "../errors.ts";
import type { Precision } from "../nd_array.ts";
import { lanesOf, VECTOR_BYTES } from "../wasm/lanes.ts";
import { separatePlanes } from "./wasm_line.ts";
import { cheapestLength, cheapestRadices } from "./wasm_radices.ts";
import { roundUp } from "./wasm_tables.ts";

/**
 * How frames lie in memory: two planes (re and im) of padded rows, the im plane `planeBytes` after the re plane. Padding never mixes
 * with the frame, and padding of zeros stays zeros.
 */
export interface PlaneLayout {
  readonly rows: number;
  readonly cols: number;
  readonly precision: Precision;
  /** Numbers from a row to the next, at least `cols`. */
  readonly pitch: number;
  /** Rows a plane has room for, at least `rows`. */
  readonly paddedRows: number;
  /** Bytes from a plane to the next: the padded rows and, for large planes, a gap that keeps planes apart in a cache. */
  readonly planeBytes: number;
}

/** Stages of one axis. */
export interface AxisPlan {
  readonly length: number;
  /** Their product is the length, or the length of the convolution if `bluestein` is true. */
  readonly radices: readonly number[];
  readonly bluestein: boolean;
  /** Vectors side by side; rows side by side for inline rows. */
  readonly vectors: number;
}

/** The whole plan: a plain value. */
export interface WasmFftPlan {
  readonly layout: PlaneLayout;
  readonly columns: AxisPlan;
  /** `inline`: transformed without turning them on their side. */
  readonly rows: AxisPlan & { readonly inline: boolean };
}

/** The most vectors of columns side by side, and of rows: measured at 64 to 1024. */
const MOST_COLUMN_VECTORS = 16;
const ROW_VECTORS = 4;

/** Scratch of side-by-side columns should leave room in a second-level cache. */
const MOST_SCRATCH_BYTES = 512 * 1024;

/**
 * A plan for frames of rows * cols.
 *
 * @throws {ShapeError} if a side is not a positive integer
 */
export function planWasmFft({ rows, cols, precision }: {
  rows: number;
  cols: number;
  precision: Precision;
}): WasmFftPlan {
  if (![rows, cols].every((side) => Number.isInteger(side) && side > 0)) {
    throw new ShapeError(`Cannot plan a Fourier transform: found ${rows} * ${cols}, expected positive integers`, {
      rows,
      cols,
    });
  }
  const lanes = lanesOf(precision);
  const pitch = roundUp(cols, lanes.count);
  const pitchBytes = pitch * lanes.bytes;
  const paddedRows = roundUp(rows, lanes.count);
  const columns = planStages(rows, pitchBytes);
  const longest = columns.radices.reduce((a, b) => a * b, 1);
  const most = Math.min(
    MOST_COLUMN_VECTORS,
    Math.max(4, Math.floor(MOST_SCRATCH_BYTES / (2 * VECTOR_BYTES * longest))),
  );
  return {
    layout: { rows, cols, precision, pitch, paddedRows, planeBytes: separatePlanes(pitchBytes * paddedRows) },
    columns: { ...columns, vectors: evenShare(pitchBytes / VECTOR_BYTES, most) },
    rows: planRows(cols, { lanes: lanes.count, groups: paddedRows / lanes.count }),
  };
}

function planRows(cols: number, { lanes, groups }: { lanes: number; groups: number }): WasmFftPlan["rows"] {
  const inline = cols % (lanes * lanes) === 0 ? cheapestRadices(cols, { endsMultipleOf: lanes, pitch: 0 }) : undefined;
  if (inline !== undefined) {
    return { length: cols, radices: inline, bluestein: false, vectors: ROW_VECTORS, inline: true };
  }
  return { ...planStages(cols, 0), vectors: evenShare(groups, ROW_VECTORS), inline: false };
}

function planStages(length: number, pitch: number): Omit<AxisPlan, "vectors"> {
  const radices = cheapestRadices(length, { pitch });
  if (radices !== undefined) return { length, radices, bluestein: false };
  return { length, radices: cheapestLength(2 * length - 1).radices, bluestein: true };
}

/** The size of the largest of equal blocks, as few as can be, of at most `most`. */
function evenShare(total: number, most: number): number {
  return Math.ceil(total / Math.ceil(total / most));
}
