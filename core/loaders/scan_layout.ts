/**
 * Which frames of a data set are used, in which order, and where they were taken: from the axes of the frames, the arrays of the motors,
 * and the part of the scan that is wanted. Nothing is read here.
 */

import { sizeOf } from "../../kernels/nd_array.ts";
import { DataError, ParameterError } from "../errors.ts";

/** Positions along one axis. */
export interface MotorAxis {
  /** What messages call it: file and data set. */
  readonly source: string;
  readonly shape: readonly number[];
  /** Metres, row-major. */
  readonly values: Float64Array;
}

/** How a scan is laid out. */
export interface ScanLayout {
  /** Axes of the scan as positions see them: (slow, fast), or (frame) for a scan without rows. */
  readonly shape: readonly number[];
  /** (frame, 2), row then column, metres, of every frame of the data set; null where there are no motors. */
  readonly positions: Float64Array | null;
}

/** First index, or (first, one after the last), or None. */
export type Bounds = number | readonly [number, number] | null;

/** The part of a scan that is used. */
export interface ScanPart {
  readonly slowBounds: Bounds;
  readonly fastBounds: Bounds;
  /** Every so many positions along each axis. */
  readonly skip: number;
  /** For each frame of the data set, 0 leaves it out; null keeps all. */
  readonly filter: ArrayLike<number> | null;
  /** Which of those left, in which order; null for all in their own. */
  readonly order: ArrayLike<number> | null;
}

/**
 * Pairs frames with positions. `scanShape` are the axes of the frames in front of (y, x). Layouts: frames and both motors have one shape,
 * (frame) or (slow, fast); frames lie in a row and the motors are (slow, fast); or each motor has one axis, slow of C and fast of D
 * values, of which a mesh is made for frames (C, D) or (C * D). The fast axis is the fastest.
 *
 * @throws {DataError} naming all three shapes if they are laid out otherwise
 */
export function layoutOf(
  scanShape: readonly number[],
  motors: { readonly slow: MotorAxis; readonly fast: MotorAxis } | null,
  source: string,
): ScanLayout {
  const shape = motors === null ? ownLayout(scanShape) : layoutShape(scanShape, motors) ??
    layoutShape(scanShape.filter((n) => n !== 1), motors);
  if (shape === null) throw noLayout(scanShape, { motors, source });
  if (motors === null) return { shape, positions: null };
  const { slow, fast } = motors;
  const frames = sizeOf(shape);
  const cols = shape[1] ?? 1;
  const isMesh = slow.values.length !== frames || fast.values.length !== frames;
  const positions = new Float64Array(2 * frames);
  for (let i = 0; i < frames; i++) {
    positions[2 * i] = slow.values[isMesh ? Math.floor(i / cols) : i]!;
    positions[2 * i + 1] = fast.values[isMesh ? i % cols : i]!;
  }
  return { shape, positions };
}

/**
 * The axes that frames have at the end of a scan that is being taken, when there are as many frames as positions. `axes` is how many
 * frames have in front of (y, x).
 */
export function finalScanShape(
  axes: number,
  { slow, fast }: { readonly slow: MotorAxis; readonly fast: MotorAxis },
): number[] {
  if (slow.shape.length === 1 && equal(slow.shape, fast.shape) && axes === 1) return [...slow.shape];
  const grid = slow.shape.length === 1 ? [slow.shape[0]!, fast.shape[0] ?? 1] : [...slow.shape];
  return axes === 1 ? [sizeOf(grid)] : grid;
}

/** Numbers of the frames of the data set that are used, in their order. @throws {ParameterError} for a part that is not in the scan */
export function framesOfPart(shape: readonly number[], part: ScanPart): Int32Array {
  const data = "scans.*.data";
  const box = `${data}.positions.bounding_box`;
  const isGrid = shape.length > 1;
  if (!isGrid && part.slowBounds !== null) {
    const message = `found ${JSON.stringify(part.slowBounds)}, but this scan has no rows; expected None, and ` +
      "fast_axis_bounds for a range of frames";
    throw new ParameterError([{ path: `${box}.slow_axis_bounds`, message }]);
  }
  const rows = isGrid ? rangeOf(part.slowBounds, { path: `${box}.slow_axis_bounds`, length: shape[0]! }) : [0, 1];
  const cols = rangeOf(part.fastBounds, { path: `${box}.fast_axis_bounds`, length: shape.at(-1)! });
  const found: number[] = [];
  for (let row = rows[0]!; row < rows[1]!; row += part.skip) {
    for (let col = cols[0]!; col < cols[1]!; col += part.skip) {
      const frame = row * (isGrid ? shape[1]! : 0) + col;
      if (part.filter === null || part.filter[frame] !== 0) found.push(frame);
    }
  }
  if (found.length === 0) {
    const message = `found a filter that leaves out every frame of the part that is used, expected some to be kept`;
    throw new ParameterError([{ path: `${data}.framefilter`, message }]);
  }
  return part.order === null ? Int32Array.from(found) : inOrder(found, part.order);
}

function inOrder(frames: readonly number[], order: ArrayLike<number>): Int32Array {
  const seen = new Set<number>();
  return Int32Array.from(order, (n) => {
    const isKnown = Number.isInteger(n) && n >= 0 && n < frames.length;
    if (isKnown && !seen.has(n)) {
      seen.add(n);
      return frames[n]!;
    }
    const found = isKnown ? `${n} twice` : String(n);
    const message = `found ${found}, expected each number from 0 to ${
      frames.length - 1
    } (the frames left) at most once`;
    throw new ParameterError([{ path: "scans.*.data.frameorder.indices", message }]);
  });
}

function rangeOf(bounds: Bounds, { path, length }: { path: string; length: number }): [number, number] {
  const [first, end] = bounds === null ? [0, length] : typeof bounds === "number" ? [bounds, length] : bounds;
  if (first >= 0 && first < end && end <= length) return [first, end];
  const message = `found ${
    JSON.stringify(bounds)
  }, expected 0 <= first < end <= ${length}, the positions along this axis`;
  throw new ParameterError([{ path, message }]);
}

function ownLayout(scanShape: readonly number[]): readonly number[] | null {
  return scanShape.length <= 2 ? scanShape : null;
}

function layoutShape(
  frames: readonly number[],
  { slow, fast }: { readonly slow: MotorAxis; readonly fast: MotorAxis },
): number[] | null {
  const isAlike = equal(slow.shape, fast.shape);
  if (isAlike && frames.length <= 2 && equal(frames, slow.shape)) return [...frames];
  const isGrid = isAlike && slow.shape.length === 2;
  const isMesh = slow.shape.length === 1 && fast.shape.length === 1;
  if (!isGrid && !isMesh) return null;
  const grid = isGrid ? [...slow.shape] : [slow.shape[0]!, fast.shape[0]!];
  return equal(frames, grid) || equal(frames, [sizeOf(grid)]) ? grid : null;
}

function noLayout(
  scanShape: readonly number[],
  { motors, source }: { motors: { readonly slow: MotorAxis; readonly fast: MotorAxis } | null; source: string },
): DataError {
  const text = (shape: readonly number[]) => `(${shape.join(", ")})`;
  const found = motors === null
    ? `${scanShape.length} axes in front of (y, x)`
    : `frames ${text([...scanShape])} in front of (y, x), slow positions ${
      text(motors.slow.shape)
    } in ${motors.slow.source} ` +
      `and fast positions ${text(motors.fast.shape)} in ${motors.fast.source}`;
  const expected = motors === null
    ? "(frame, y, x) or (slow, fast, y, x); data.outer_index takes one axis in front away"
    : "positions of the shape of the frames, (slow, fast) for frames in a row, or one axis each for a mesh";
  return new DataError(`Cannot pair frames of ${source} with positions: found ${found}, expected ${expected}`, {
    source,
    found: [scanShape, ...motors === null ? [] : [motors.slow.shape, motors.fast.shape]],
  });
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}
