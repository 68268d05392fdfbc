/** Frames of an HDF5 data set by their numbers, whatever axes a scan has and however the data set is cut into chunks. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { Hdf5File, ReadRoom } from "./hdf5.ts";
import { ELEMENT_BYTES, viewAs } from "./hdf5_values.ts";

/** Frames that are read at a time are whole chunks as long as they take no more than this. */
const MOST_BLOCK_BYTES = 1 << 26;

/** Frames of a data set (scan axes ..., y, x). */
export interface Hdf5Frames {
  /** Axes of the scan, all but the last two and the outer one. */
  readonly scanShape: readonly number[];
  /** (y, x). */
  readonly shape: readonly [number, number];
  /** Reads frames by their numbers, row-major over the scan axes; valid until the next call. */
  read(numbers: ArrayLike<number>): NdArray;
}

/** How to see a data set as frames. */
export interface FramesOptions {
  /** Entry of a first axis that does not belong to the scan; null where there is none. */
  readonly outer?: number | null;
  /** Axes of the scan when all frames are there, of a data set that is still growing; null for what it has. */
  readonly growsTo?: readonly number[] | null;
}

/**
 * Frames of a data set. A chunk that holds several frames is read once for those that follow one another, not once for each.
 *
 * @throws {DataError} if there is no such data set, or if it is no array of frames of real numbers
 */
export function openFrames(
  file: Hdf5File,
  path: string,
  { outer = null, growsTo = null }: FramesOptions = {},
): Hdf5Frames {
  const { shape: whole, type, chunks } = file.info(path);
  const refuse = (found: string, expected: string): never => {
    const text = `Cannot read frames from "${path}" in "${file.path}": found ${found}, expected ${expected}`;
    throw new DataError(text, { file: file.path, dataset: path, found, expected });
  };
  const least = outer === null ? 3 : 4;
  const axes = whole ?? [];
  if (axes.length < least) {
    const wanted = outer === null ? "frames (..., y, x)" : "frames (outer, ..., y, x), since there is an outer index";
    refuse(whole === null ? "nothing" : `shape (${axes.join(", ")})`, wanted);
  }
  if (type.dtype === null || type.kind === "array") refuse(type.name, "real numbers");
  if (type.kind === "complex") refuse(`complex frames (${type.name})`, "counts; name the data set of the intensities");
  if (outer !== null && outer >= axes[0]!) refuse(`${axes[0]} entries of the outer axis`, `more than index ${outer}`);
  const scanShape = growsTo ?? axes.slice(outer === null ? 0 : 1, -2);
  const shape = [axes.at(-2)!, axes.at(-1)!] as const;
  const reader = new BlockReader(file, path, {
    front: outer === null ? [] : [outer],
    scanShape,
    shape,
    elementBytes: ELEMENT_BYTES[type.dtype!],
    // Of a chunk that is not complete only the frames that were asked for are there.
    chunkFrames: growsTo !== null ? 1 : chunks?.[chunks.length - 3] ?? 1,
  });
  return { scanShape, shape, read: (numbers) => reader.read(numbers) };
}

interface Layout {
  /** Index along axes in front of those of the scan. */
  readonly front: readonly number[];
  readonly scanShape: readonly number[];
  readonly shape: readonly [number, number];
  readonly elementBytes: number;
  /** Frames of one chunk along the last axis of the scan. */
  readonly chunkFrames: number;
}

/** Frames that follow one another. */
interface Run {
  readonly first: number;
  readonly count: number;
}

class BlockReader {
  readonly #file: Hdf5File;
  readonly #path: string;
  readonly #layout: Layout;
  readonly #pixels: number;
  readonly #room: ReadRoom = { bytes: new ArrayBuffer(0) };
  readonly #result: ReadRoom = { bytes: new ArrayBuffer(0) };
  /** What `#room` holds. */
  #block: (Run & { readonly array: NdArray }) | null = null;

  constructor(file: Hdf5File, path: string, layout: Layout) {
    this.#file = file;
    this.#path = path;
    this.#layout = layout;
    this.#pixels = sizeOf(layout.shape);
  }

  read(numbers: ArrayLike<number>): NdArray {
    const { shape } = this.#layout;
    const all = runOf(numbers, 0);
    if (numbers.length > 0 && all.count === numbers.length && this.#isPlain(all)) return this.#readBlock(all).array;
    let result: NdArray | null = null;
    for (let at = 0; at < numbers.length;) {
      const run = runOf(numbers, at);
      const part = this.#part(run);
      result ??= this.#resultOf(part.array, numbers.length);
      const from = (run.first - part.first) * this.#pixels;
      const count = Math.min(run.count, part.first + part.count - run.first);
      // Both are of one element type.
      (result.data as Float64Array).set(
        part.array.data.subarray(from, from + count * this.#pixels) as Float64Array,
        at * this.#pixels,
      );
      at += count;
    }
    return result ?? { dtype: "uint8", shape: [0, ...shape], data: new Uint8Array(0) };
  }

  /** Whether a run can be handed on as it is read: in one row of the scan, of whole chunks or none. */
  #isPlain({ first, count }: Run): boolean {
    const row = this.#rowLength();
    if (Math.floor(first / row) !== Math.floor((first + count - 1) / row)) return false;
    const { chunkFrames } = this.#layout;
    return chunkFrames === 1 || ((first % row) % chunkFrames === 0 && count % chunkFrames === 0);
  }

  /** The block that holds at least the first frame of a run. */
  #part({ first, count }: Run): Run & { readonly array: NdArray } {
    const held = this.#block;
    if (held !== null && first >= held.first && first < held.first + held.count) return held;
    const row = this.#rowLength();
    const start = first - first % row;
    const inRow = first - start;
    const { chunkFrames, elementBytes } = this.#layout;
    const fits = Math.max(1, Math.floor(MOST_BLOCK_BYTES / (this.#pixels * elementBytes)));
    const step = chunkFrames <= fits ? chunkFrames : 1;
    const from = inRow - inRow % step;
    const wanted = Math.min(inRow + count, row);
    const to = Math.min(row, Math.ceil(wanted / step) * step, from + Math.floor(fits / step) * step);
    return this.#readBlock({ first: start + from, count: to - from });
  }

  #readBlock(run: Run): Run & { readonly array: NdArray } {
    const { front, scanShape, shape } = this.#layout;
    const place = unravel(run.first, scanShape);
    const ones = [...front, ...place.slice(0, -1)].map(() => 1);
    this.#block = null;
    const box = { offset: [...front, ...place, 0, 0], count: [...ones, run.count, ...shape] };
    const { dtype, data } = this.#file.readRegion(this.#path, box, this.#room);
    this.#block = { ...run, array: { dtype, shape: [run.count, ...shape], data } };
    return this.#block;
  }

  #resultOf(like: NdArray, frames: number): NdArray {
    const count = frames * this.#pixels;
    const bytes = count * ELEMENT_BYTES[like.dtype];
    if (this.#result.bytes.byteLength < bytes) this.#result.bytes = new ArrayBuffer(bytes);
    return { ...like, shape: [frames, ...this.#layout.shape], data: viewAs(this.#result.bytes, like.dtype, count) };
  }

  #rowLength(): number {
    return Math.max(1, this.#layout.scanShape.at(-1) ?? 1);
  }
}

/** How many numbers from `at` on follow one another. */
function runOf(numbers: ArrayLike<number>, at: number): Run {
  let count = 1;
  while (at + count < numbers.length && numbers[at + count] === numbers[at]! + count) count++;
  return { first: numbers[at] ?? 0, count };
}

/** The index along each axis of element `n` of an array of `shape`, row-major. */
function unravel(n: number, shape: readonly number[]): number[] {
  const place = new Array<number>(shape.length);
  let rest = n;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return place;
}
