/** Frames of a source read by range: one data set that holds all, or one file for each. What loaders of instruments share. */

import { type DType, type NdArray, newArray, sizeOf } from "../../kernels/nd_array.ts";
import type { CorrectionFrame } from "../corrections/dark_flat.ts";
import { DataError } from "../errors.ts";
import { type Hdf5File, openHdf5, type ReadRoom } from "../formats/hdf5.ts";
import { checkBytes } from "../formats/hdf5_bounds.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import type { OpenScan } from "./loader.ts";

/** Frames that are read by range. */
export interface FrameReader extends Disposable {
  readonly numFrames: number;
  /** (y, x) of every frame. */
  readonly shape: readonly [number, number];
  /** What messages call it. */
  readonly source: string;
  /** Frames `start` to `stop` (exclusive), (frame, y, x). They are valid until the next call. */
  read(start: number, stop: number): NdArray;
}

/**
 * Frames of a data set (frame, y, x).
 *
 * @throws {DataError} if the file or the data set is missing, or the data set has another number of axes
 */
export function hdf5Frames(path: string, dataset: string): FrameReader {
  const file = openHdf5(path);
  try {
    const shape = file.shape(dataset);
    if (shape.length !== 3) throw wrongRank(path, { dataset, found: shape, expected: "(frame, y, x)" });
    const room: ReadRoom = { bytes: new ArrayBuffer(0) };
    return {
      numFrames: shape[0]!,
      shape: [shape[1]!, shape[2]!],
      source: `"${path}:${dataset}"`,
      read: (start, stop) => file.readFrames(dataset, start, stop, room),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** One file for each frame. */
export interface FileSeries {
  /** In the order of the frames. */
  readonly paths: readonly string[];
  /** The frame (y, x) in a file. */
  readonly read: (path: string) => NdArray;
  /** What messages call it. */
  readonly source: string;
}

/**
 * Frames of a series of files; one file is open at a time.
 *
 * @throws {DataError} if there is no file, or (when it is read) a frame is not as large or not of the type of the first
 */
export function fileFrames({ paths, read, source }: FileSeries): FrameReader {
  if (paths.length === 0) {
    throw new DataError(`Cannot read frames of ${source}: found no files, expected one for each frame`, { source });
  }
  const first = read(paths[0]!);
  const shape = [first.shape[0]!, first.shape[1]!] as const;
  const { dtype } = first;
  return {
    numFrames: paths.length,
    shape,
    source,
    read(start, stop) {
      checkBytes((stop - start) * first.data.byteLength, { file: source, dataset: "/" });
      const data = newArray(dtype, (stop - start) * sizeOf(shape));
      for (let i = start; i < stop; i++) {
        const frame = i === 0 ? first : read(paths[i]!);
        assertLikeFirst(frame, { path: paths[i]!, first: paths[0]!, shape, dtype });
        (data as Float64Array).set(frame.data as Float64Array, (i - start) * sizeOf(shape));
      }
      return { dtype, shape: [stop - start, ...shape], data };
    },
    [Symbol.dispose]: () => {},
  };
}

/**
 * The single frame of a data set (y, x) or (1, y, x).
 *
 * @throws {DataError} if the data set is missing or holds something else
 */
export function readFrame(file: Hdf5File, dataset: string): NdArray {
  const shape = file.shape(dataset);
  if (shape.length === 2) return file.readArray(dataset);
  if (shape.length !== 3 || shape[0] !== 1) {
    throw wrongRank(file.path, { dataset, found: shape, expected: "(1, y, x) or (y, x)" });
  }
  const frame = file.readFrames(dataset, 0, 1);
  return { dtype: frame.dtype, shape: shape.slice(1), data: frame.data };
}

/** `readFrame` of a file by its name. */
export function readFrameOf(path: string, dataset: string): NdArray {
  using file = openHdf5(path);
  return readFrame(file, dataset);
}

/** A frame that others are corrected by, from a data set (y, x) or (1, y, x). */
export function readCorrection(file: Hdf5File, dataset: string, o: { readonly what: string }): CorrectionFrame {
  const frame = readFrame(file, dataset);
  return {
    shape: [frame.shape[0]!, frame.shape[1]!],
    data: toNumbers(frame),
    source: `${o.what} "${file.path}:${dataset}"`,
  };
}

/** What a loader knows of a scan beside its frames. */
export interface ScanParts extends Pick<OpenScan, "positions" | "weight"> {
  readonly found?: OpenScan["found"];
  /** Corrects a frame (y, x) of this number in place; where it is left out, frames stay as they are. */
  readonly correct?: ((frame: Float64Array, index: number) => void) | undefined;
}

/** A scan of frames that are read by range, and corrected when they are. They are closed if `describe` throws. */
export function scanOver(frames: FrameReader, describe: () => ScanParts): OpenScan {
  try {
    const { positions, weight, found = {}, correct } = describe();
    return {
      numFrames: frames.numFrames,
      source: frames.source,
      positions,
      weight,
      found,
      frames(start, stop) {
        const raw = frames.read(start, stop);
        return { data: correct === undefined ? raw : changedFrames(raw, (frame, i) => correct(frame, start + i)) };
      },
      [Symbol.dispose]: () => frames[Symbol.dispose](),
    };
  } catch (error) {
    frames[Symbol.dispose]();
    throw error;
  }
}

/** The error for a data set with other axes than expected. */
export function wrongRank(
  path: string,
  o: { readonly dataset: string; readonly found: readonly number[]; readonly expected: string },
): DataError {
  const text = `Cannot read "${o.dataset}" in "${path}": found shape (${o.found.join(", ")}), expected ${o.expected}`;
  return new DataError(text, { file: path, dataset: o.dataset, found: o.found, expected: o.expected });
}

function assertLikeFirst(
  frame: NdArray,
  o: { path: string; first: string; shape: readonly [number, number]; dtype: DType },
): void {
  if (frame.dtype === o.dtype && frame.shape.length === 2 && frame.shape.every((n, axis) => n === o.shape[axis])) {
    return;
  }
  const describe = (dtype: DType, shape: readonly number[]) => `${dtype} of (${shape.join(", ")})`;
  throw new DataError(
    `Cannot use the frame in "${o.path}": found ${describe(frame.dtype, frame.shape)}, expected ${
      describe(o.dtype, o.shape)
    } as in "${o.first}"; all frames must be alike`,
    { file: o.path, found: frame.shape, expected: o.shape },
  );
}

/** Frames in double precision, each changed by `change`. */
function changedFrames(
  frames: NdArray,
  change: (frame: Float64Array, index: number) => void,
): NdArray<Float64Array> {
  const data = toNumbers(frames);
  const pixels = frames.shape[1]! * frames.shape[2]!;
  for (let i = 0; i < frames.shape[0]!; i++) change(data.subarray(i * pixels, (i + 1) * pixels), i);
  return { dtype: "float64", shape: frames.shape, data };
}
