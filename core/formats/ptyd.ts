/**
 * Reading .ptyd files: prepared frames with positions, weights and geometry, as PtyPy 0.4 and 0.9 write them (and we, see
 * ptyd_writer.ts). Frames stay in the file until they are asked for.
 */

import { type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { readTree } from "./h5rw.ts";
import { asType, isArray, type PlainValue, toPlain } from "./h5rw_values.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { type Hdf5File, join, openHdf5, type ReadRoom } from "./hdf5.ts";
import { toNumbers, viewAs } from "./hdf5_values.ts";

/** The `meta` group; null where the file does not say. */
export interface PtydMeta {
  readonly label: string | null;
  /** Photon energy in keV. */
  readonly energy: number | null;
  /** Sample to detector in metres. */
  readonly distance: number | null;
  /** Detector pixel (y, x) in metres. */
  readonly psize: readonly [number, number] | null;
  /** Frame shape (y, x) in pixels. */
  readonly shape: readonly [number, number] | null;
  /** Optical axis (y, x) in pixels. */
  readonly center: readonly [number, number] | null;
  /** Frames that the scan was meant to have. */
  readonly num_frames: number | null;
  readonly version: number | string;
  /** Bragg angle, and the angle between two frames of a rocking curve, in degrees; null for other scans. */
  readonly theta_bragg: number | null;
  readonly rocking_step: number | null;
}

/** Some frames of a .ptyd file. */
export interface PtydFrames {
  /** (frame, y, x), in the file's element type. */
  readonly data: NdArray;
  /** Weights of these frames, > 0 valid, (frame, y, x); absent if `Ptyd.weightKind` is not "frames". */
  readonly weights?: NdArray;
}

/** How to open a .ptyd file. */
export interface PtydOptions {
  /** Is told of chunks that are missing and of parameters that could not be read. */
  notice?(message: string): void;
}

/** What is held of a frame as long as the file is open: its position and its index. */
const FRAME_BYTES = 36;

/** One chunk of frames. */
interface Chunk {
  readonly path: string;
  readonly first: number;
  readonly frames: number;
  /** Shape of the weights: nothing, (y, x) or (frame, y, x). */
  readonly weights: readonly number[] | null;
}

/**
 * Opens a .ptyd file. Chunks are read in numeric order; a chunk whose link leads nowhere is left out with a notice.
 *
 * @throws {DataError} if it is not HDF5, has no chunks or no frames, or frames, positions and weights do not match
 */
export function openPtyd(path: string, options: PtydOptions = {}): Ptyd {
  const file = openHdf5(path);
  try {
    return new Ptyd(file, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** An open .ptyd file. Close it with `using` or `close()`. */
export class Ptyd implements Disposable {
  /** Path of the file. */
  readonly path: string;
  /** Geometry and bookkeeping. */
  readonly meta: PtydMeta;
  /** All parameters that the file was prepared with. */
  readonly info: Readonly<Record<string, PlainValue>>;
  /** Frames in all chunks that are there. */
  readonly numFrames: number;
  /** Frame shape (y, x) as found in the data. */
  readonly shape: readonly [number, number];
  /** Index of each frame in its source. */
  readonly indices: Int32Array;
  /** (frame, 2), row then column, metres; (frame, 4), angle, x, z, y, for rocking curves. */
  readonly positions: Float64Array;
  /** Columns of `positions`. */
  readonly columns: 2 | 4;
  /** `frames`: a mask per frame; `common`: one for all, in `weight`; `none`: all pixels are valid. */
  readonly weightKind: "frames" | "common" | "none";
  /** The common weight, (y, x), > 0 valid. */
  readonly weight: NdArray | null;
  readonly #file: Hdf5File;
  readonly #chunks: readonly Chunk[];
  /** What `frames` reads into, again and again. */
  readonly #rooms = { data: { bytes: new ArrayBuffer(0) }, weights: { bytes: new ArrayBuffer(0) } };

  /** Use `openPtyd`. */
  constructor(file: Hdf5File, options: PtydOptions) {
    this.#file = file;
    this.path = file.path;
    this.info = plainGroup(file, "/info", options);
    this.meta = readMeta(file, this.info, options);
    this.#chunks = listChunks(file, options);
    this.numFrames = this.#chunks.reduce((sum, chunk) => sum + chunk.frames, 0);
    this.shape = frameShape(file, this.#chunks);
    checkBytes(FRAME_BYTES * this.numFrames, { file: file.path, dataset: "/chunks" });
    this.columns = positionColumns(file, this.#chunks[0]!);
    this.positions = this.#readPositions();
    this.indices = this.#readIndices();
    const { kind, weight } = this.#findWeights();
    this.weightKind = kind;
    this.weight = weight;
  }

  /** Reads frames `start` to `stop` (exclusive), across chunks. They are valid until the next call. @throws {DataError} beyond the end */
  frames(start: number, stop: number): PtydFrames {
    if (start < 0 || stop > this.numFrames || stop < start) {
      const text = `Cannot read frames ${start} to ${stop} of "${this.path}": found ${this.numFrames} frames`;
      throw new DataError(text, { file: this.path, found: this.numFrames, expected: stop });
    }
    const parts = this.#chunks.flatMap((chunk) => {
      const from = Math.max(start, chunk.first);
      const to = Math.min(stop, chunk.first + chunk.frames);
      return from < to ? [{ chunk, from: from - chunk.first, to: to - chunk.first }] : [];
    });
    const shape = [stop - start, ...this.shape];
    // Runs of frames that are put together have buffers of their own.
    const rooms: Partial<Record<"data" | "weights", ReadRoom>> = parts.length === 1 ? this.#rooms : {};
    const data = joined(
      parts.map(({ chunk, from, to }) => this.#file.readFrames(join(chunk.path, "data"), from, to, rooms.data)),
      shape,
    );
    if (this.weightKind !== "frames") return { data };
    const weights = parts.map(({ chunk, from, to }) => this.#chunkWeights(chunk, { from, to, room: rooms.weights }));
    return { data, weights: joined(weights, shape) };
  }

  /** Closes the file; `frames` afterwards is an error. */
  close(): void {
    this.#file.close();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }

  #chunkWeights(
    chunk: Chunk,
    { from, to, room }: { from: number; to: number; room: ReadRoom | undefined },
  ): NdArray {
    const path = join(chunk.path, "weights");
    if (chunk.weights?.length === 3) return this.#file.readFrames(path, from, to, room);
    const size = sizeOf(this.shape);
    const one = chunk.weights ? toNumbers(this.#file.readArray(path)) : new Float64Array(size).fill(1);
    const data = new Float64Array((to - from) * size);
    for (let frame = 0; frame < to - from; frame++) data.set(one, frame * size);
    return { dtype: "float64", shape: [to - from, ...this.shape], data };
  }

  #readPositions(): Float64Array {
    const columns = this.columns;
    const all = new Float64Array(columns * this.numFrames);
    for (const chunk of this.#chunks) {
      const path = join(chunk.path, "positions");
      const positions = this.#file.readArray(path);
      if (positions.shape.join() !== [chunk.frames, columns].join()) {
        throw mismatch(this.#file, path, { found: positions.shape, expected: [chunk.frames, columns] });
      }
      all.set(toNumbers(positions), columns * chunk.first);
    }
    return all;
  }

  #readIndices(): Int32Array {
    const all = Int32Array.from({ length: this.numFrames }, (_, i) => i);
    for (const chunk of this.#chunks) {
      const path = join(chunk.path, "indices");
      if (!this.#file.has(path)) continue;
      const indices = this.#file.readArray(path);
      if (sizeOf(indices.shape) !== chunk.frames) {
        throw mismatch(this.#file, path, { found: indices.shape, expected: [chunk.frames] });
      }
      all.set(toNumbers(indices), chunk.first);
    }
    return all;
  }

  #findWeights(): { kind: Ptyd["weightKind"]; weight: NdArray | null } {
    const own = this.#chunks.filter((chunk) => chunk.weights !== null);
    // A single common weight may also stand in the parameters.
    const common = this.info.weight2d;
    if (own.length === 0 && isArray(common) && common.shape.join() === this.shape.join()) {
      return { kind: "common", weight: common };
    }
    if (own.length === 0) return { kind: "none", weight: null };
    if (this.#chunks.length === 1 && own[0]!.weights!.length === 2) {
      return { kind: "common", weight: this.#file.readArray(join(own[0]!.path, "weights")) };
    }
    return { kind: "frames", weight: null };
  }
}

/** Frames of rocking curves say at which angle they were taken, and where in three dimensions. */
function positionColumns(file: Hdf5File, chunk: Chunk): 2 | 4 {
  const path = join(chunk.path, "positions");
  return file.has(path) && file.shape(path)[1] === 4 ? 4 : 2;
}

function plainGroup(file: Hdf5File, path: string, options: PtydOptions): Record<string, PlainValue> {
  if (file.kind(path) !== "group") return {};
  return toPlain(readTree(file, path, options)) as Record<string, PlainValue>;
}

/** What `meta` does not say is taken from `info`, where PtyPy keeps the same names. */
function readMeta(file: Hdf5File, info: Readonly<Record<string, PlainValue>>, options: PtydOptions): PtydMeta {
  const meta = plainGroup(file, "/meta", options);
  const value = (key: string): PlainValue => meta[key] ?? info[key] ?? null;
  const number = (key: string): number | null => {
    const found = value(key);
    if (found === null || typeof found === "number") return found;
    return badMeta(file, { key, found, expected: "a number" });
  };
  const pair = (key: string): [number, number] | null => {
    const found = value(key);
    return pairOf(found) ?? (found === null ? null : badMeta(file, { key, found, expected: "one or two numbers" }));
  };
  const version = value("version");
  return {
    label: typeof value("label") === "string" ? value("label") as string : null,
    energy: number("energy"),
    distance: number("distance"),
    psize: pair("psize"),
    shape: pairOf(value("shape")),
    center: pairOf(value("center")),
    num_frames: number("num_frames"),
    version: typeof version === "number" || typeof version === "string" ? version : 0.1,
    theta_bragg: number("theta_bragg"),
    rocking_step: number("rocking_step"),
  };
}

function badMeta(file: Hdf5File, o: { key: string; found: PlainValue; expected: string }): never {
  const found = isArray(o.found) ? `an array of shape ${o.found.shape.join(" x ")}` : JSON.stringify(o.found);
  const text =
    `Cannot read "${o.key}" of the geometry in "${file.path}": found ${found}, expected ${o.expected}; make the file again`;
  throw new DataError(text, { file: file.path, dataset: `/meta/${o.key}`, found });
}

/** A pair from one number, two numbers or an array of two; null from anything else. */
function pairOf(value: PlainValue): [number, number] | null {
  if (typeof value === "number") return [value, value];
  const numbers = isArray(value) ? [...toNumbers(value)] : Array.isArray(value) ? value : [];
  const [y, x] = numbers as PlainValue[];
  return numbers.length === 2 && typeof y === "number" && typeof x === "number" ? [y, x] : null;
}

function listChunks(file: Hdf5File, options: PtydOptions): Chunk[] {
  if (file.kind("/chunks") !== "group") {
    const text = `Cannot read frames of "${file.path}": found no group "/chunks", expected a .ptyd file; ` +
      `there are ${file.keys().map((key) => `"${key}"`).join(", ") || "no groups"}`;
    throw new DataError(text, { file: file.path, dataset: "/chunks" });
  }
  const names = file.keys("/chunks").filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
  const chunks: Chunk[] = [];
  let first = 0;
  for (const name of names) {
    const path = join("/chunks", name);
    if (file.kind(path) !== "group") {
      const link = file.link(path);
      const target = link === null
        ? "an unreadable object"
        : `a link to ${link.kind === "external" ? link.file : link.target}`;
      options.notice?.(`Left out "${path}" of "${file.path}": found ${target} that leads nowhere`);
      continue;
    }
    const data = file.shape(join(path, "data"));
    if (data.length !== 3) throw mismatch(file, join(path, "data"), { found: data, expected: ["frames", "y", "x"] });
    chunks.push({ path, first, frames: data[0]!, weights: weightShape(file, path, data) });
    first += data[0]!;
  }
  if (first > 0) return chunks;
  const text = `Cannot read frames of "${file.path}": found ${
    names.length === 0 ? "no chunks" : "only chunks without frames"
  }, expected at least one frame`;
  throw new DataError(text, { file: file.path, found: 0, expected: 1 });
}

/** Null where there are no weights: PtyPy 0.4 writes an empty array if one mask was loaded for all frames. */
function weightShape(file: Hdf5File, chunk: string, data: readonly number[]): readonly number[] | null {
  const path = join(chunk, "weights");
  if (!file.has(path)) return null;
  const shape = file.shape(path);
  if (sizeOf(shape) === 0) return null;
  if (shape.join() === data.join() || shape.join() === data.slice(1).join()) return shape;
  if (shape.length === 3 && shape[0] === 1 && shape.slice(1).join() === data.slice(1).join()) return shape.slice(1);
  throw mismatch(file, path, { found: shape, expected: data });
}

function frameShape(file: Hdf5File, chunks: readonly Chunk[]): [number, number] {
  const [first, ...others] = chunks.map((chunk) => ({ chunk, shape: file.shape(join(chunk.path, "data")).slice(1) }));
  for (const other of others) {
    if (other.shape.join() !== first!.shape.join()) {
      throw mismatch(file, join(other.chunk.path, "data"), { found: other.shape, expected: first!.shape });
    }
  }
  return [first!.shape[0]!, first!.shape[1]!];
}

function mismatch(
  file: Hdf5File,
  path: string,
  shapes: { found: readonly (number | string)[]; expected: readonly (number | string)[] },
): DataError {
  const [found, expected] = [`(${shapes.found.join(", ")})`, `(${shapes.expected.join(", ")})`];
  const text =
    `Cannot read "${path}" in "${file.path}": found shape ${found}, expected ${expected}; make the file again`;
  return new DataError(text, { file: file.path, dataset: path, found: shapes.found, expected: shapes.expected });
}

/** Puts runs of frames together; runs of different element types become float64. */
function joined(parts: readonly NdArray[], shape: readonly number[]): NdArray {
  if (parts.length === 1) return parts[0]!;
  const dtype = parts.every((part) => part.dtype === parts[0]?.dtype) ? parts[0]?.dtype ?? "float64" : "float64";
  const bytes = parts[0]?.data.BYTES_PER_ELEMENT ?? 8;
  const data = viewAs(new ArrayBuffer(sizeOf(shape) * (dtype === "float64" ? 8 : bytes)), dtype, sizeOf(shape));
  let at = 0;
  for (const part of parts) {
    const values = part.dtype === dtype ? part : asType(part, "float64");
    (data as Float64Array).set(values.data as Float64Array, at);
    at += values.data.length;
  }
  return { dtype, shape, data };
}
