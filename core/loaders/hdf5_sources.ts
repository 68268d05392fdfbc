/** The files and data sets that `Hdf5Loader` reads beside its frames, each opened once and seen as a loader needs it. */

import { sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { type Hdf5File, openHdf5 } from "../formats/hdf5.ts";
import { type Hdf5Frames, openFrames } from "../formats/hdf5_frames.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import type { FrameField } from "./frame_corrections.ts";
import type { MotorAxis } from "./scan_layout.ts";

/** A data set in an open file. */
export interface Hdf5Source {
  readonly file: Hdf5File;
  readonly key: string;
}

/** Opens each file once. */
export interface Hdf5Files extends Disposable {
  /** The file of a path. @throws {DataError} as `openHdf5` */
  open(path: string): Hdf5File;
}

/** No files yet, `live` ones where a writer may have them open; disposing closes those that were opened. */
export function createFiles({ live }: { readonly live: boolean }): Hdf5Files {
  const files = new Map<string, Hdf5File>();
  return {
    open(path) {
      const known = files.get(path);
      if (known !== undefined) return known;
      const file = openHdf5(path, { live });
      files.set(path, file);
      return file;
    },
    [Symbol.dispose]() {
      for (const file of files.values()) file.close();
    },
  };
}

/** File and data set as messages name them. */
export function sourceText({ file, key }: Hdf5Source): string {
  return `"${file.path}:${key.startsWith("/") ? key : `/${key}`}"`;
}

/** How a motor is read. */
export interface MotorOptions {
  /** Into metres. */
  readonly multiplier: number;
  /** Where the motor is in an array of several, along the shorter of its first and last axis; null for an array of one. */
  readonly index: number | null;
  /** Entry of an axis in front that does not belong to the scan; null where there is none. */
  readonly outer: OuterIndex | null;
}

/** An entry of an axis in front of those of the scan. */
export interface OuterIndex {
  readonly index: number;
  readonly length: number;
}

/**
 * Positions along one axis. Axes of one entry do not count in arrays of more than two.
 *
 * @throws {DataError} if there is no such data set, if it is not numeric, or has no motor at the index
 */
export function readMotor(source: Hdf5Source, { multiplier, index, outer }: MotorOptions): MotorAxis {
  const array = source.file.readArray(source.key);
  let part: Numbers = { shape: array.shape, values: toNumbers(array) };
  if (outer !== null && part.shape.length > (index === null ? 1 : 2) && part.shape[0] === outer.length) {
    part = entryAlong(part, { axis: 0, index: outer.index });
  }
  if (index !== null) {
    const last = part.shape.length - 1;
    const axis = part.shape[0]! < part.shape[last]! ? 0 : last;
    if (last < 1 || index < -part.shape[axis]! || index >= part.shape[axis]!) {
      const text = `Cannot take motor ${index} of ${sourceText(source)}: found shape (${part.shape.join(", ")}), ` +
        "expected that many motors along the shorter of its first and last axis";
      throw new DataError(text, { file: source.file.path, dataset: source.key, found: part.shape, expected: index });
    }
    part = entryAlong(part, { axis, index: index < 0 ? index + part.shape[axis]! : index });
  }
  const shape = part.shape.length > 2 ? part.shape.filter((n) => n !== 1) : part.shape;
  return { source: sourceText(source), shape, values: part.values.map((value) => value * multiplier) };
}

/**
 * A value for every pixel of frames, read by range where each frame has its own.
 *
 * @throws {DataError} if it has neither the shape (y, x) of a frame nor that of all frames
 */
export function openField(
  source: Hdf5Source,
  { like, outer }: { readonly like: Hdf5Frames; readonly outer: OuterIndex | null },
): FrameField {
  const { file, key } = source;
  const shape = file.shape(key);
  const text = sourceText(source);
  const [rows, cols] = like.shape;
  if (shape.at(-2) === rows && shape.at(-1) === cols) {
    if (sizeOf(shape) === rows * cols) {
      const common = file.readArray(key).data;
      return { source: text, common, read: () => common };
    }
    const hasOuter = outer !== null && sizeOf(shape) === outer.length * sizeOf(like.scanShape) * rows * cols;
    const frames = hasOuter || sizeOf(shape) === sizeOf(like.scanShape) * rows * cols
      ? openFrames(file, key, { outer: hasOuter ? outer.index : null })
      : null;
    if (frames !== null) return { source: text, common: null, read: (numbers) => frames.read(numbers).data };
  }
  const expected = `(${rows}, ${cols}) or (${[...like.scanShape, rows, cols].join(", ")})`;
  throw new DataError(
    `Cannot use ${text} for frames of ${rows} x ${cols}: found shape (${shape.join(", ")}), expected ${expected}`,
    { file: file.path, dataset: key, found: shape, expected },
  );
}

/**
 * A number for each frame.
 *
 * @throws {DataError} if there are not as many as frames
 */
export function readPerFrame(
  source: Hdf5Source,
  { frames, outer }: { readonly frames: number; readonly outer: OuterIndex | null },
): Float64Array {
  const array = source.file.readArray(source.key);
  const part: Numbers = { shape: array.shape, values: toNumbers(array) };
  if (part.values.length === frames) return part.values;
  if (outer !== null && part.shape[0] === outer.length && part.values.length === frames * outer.length) {
    return entryAlong(part, { axis: 0, index: outer.index }).values;
  }
  const text = `Cannot use ${sourceText(source)} for ${frames} frames: found shape (${array.shape.join(", ")}), ` +
    `expected a number for each frame`;
  throw new DataError(text, { file: source.file.path, dataset: source.key, found: array.shape, expected: frames });
}

/** Numbers that a data set of the geometry holds: one, or one for each axis. */
export function readRecorded(
  source: Hdf5Source,
  { most, outer }: { readonly most: number; readonly outer: OuterIndex | null },
): number[] {
  const array = source.file.readArray(source.key);
  const values = [...toNumbers(array)];
  if (outer !== null && values.length === outer.length && values.length > most) return [values[outer.index]!];
  if (values.length >= 1 && values.length <= most) return values;
  const text = `Cannot use ${sourceText(source)}: found ${values.length} numbers, expected ${
    most === 1 ? "one" : `1 to ${most}`
  }`;
  throw new DataError(text, { file: source.file.path, dataset: source.key, found: values.length, expected: most });
}

interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** The entry `index` along an axis, which goes. */
function entryAlong({ shape, values }: Numbers, { axis, index }: { axis: number; index: number }): Numbers {
  const inner = sizeOf(shape.slice(axis + 1));
  const rest = shape.filter((_, a) => a !== axis);
  const picked = new Float64Array(sizeOf(rest));
  for (let i = 0; i < picked.length; i++) {
    const before = Math.floor(i / inner);
    picked[i] = values[(before * shape[axis]! + index) * inner + i % inner]!;
  }
  return { shape: rest, values: picked };
}
