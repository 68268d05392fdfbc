/**
 * Writing .ptyd files that PtyPy 0.4 and 0.9 read. Weights are always written for every frame: PtyPy 0.4 loses a mask that
 * is common to all frames.
 *
 * An interrupted write cannot spoil a file. With `append` and `merge` the file is written under a temporary name and gets
 * its own when `close` is called; a file of that name that was there before becomes `<dfile>.old`. With `link` every chunk
 * is a whole file of its own from the moment `append` returns, and the small main file is written anew with each, so that
 * it always links to whole chunks and can be followed while data arrive.
 */

import { basename, dirname } from "node:path";
import { type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { writeError } from "./atomic_file.ts";
import { type H5rwNode, writeEntries, writeRootAttributes, writeTree } from "./h5rw.ts";
import { array, dict, float, floats, fromPlain, int, ints, type PlainValue, text } from "./h5rw_values.ts";
import { Hdf5Writer, writeHdf5 } from "./hdf5_writer.ts";
import { fillNumbers } from "../path_pattern.ts";
import type { PtydMeta } from "./ptyd.ts";

/** How chunks are stored: one group each, one file each with a link, or all frames in one chunk. */
export type PtydSave = "append" | "link" | "merge";

type Angles = "theta_bragg" | "rocking_step";

/** What a new .ptyd file says beside its frames. */
export interface PtydSpec {
  readonly save: PtydSave;
  /** Geometry; `num_frames` is counted. */
  readonly meta: Omit<PtydMeta, "num_frames" | Angles> & Partial<Pick<PtydMeta, Angles>>;
  /** All parameters that the frames were prepared with. */
  readonly info: Readonly<Record<string, PlainValue>>;
  /** Time of creation, for the file's attributes. */
  readonly now: Date;
  /** What the names of linked chunk files add to that of the file: a number in place of `%d`; `.chunk%02d` if left out. */
  readonly chunkFormat?: string;
}

/** Some frames to write. */
export interface PtydChunk {
  /** (frame, y, x), any real element type. */
  readonly data: NdArray;
  /** Index of each frame in its source. */
  readonly indices: ArrayLike<number>;
  /** (frame, 2), row then column, metres; (frame, 4), angle, x, z, y, for rocking curves. */
  readonly positions: Float64Array;
  /** > 0 valid: (frame, y, x), (1, y, x) or (y, x); null if all pixels are valid. */
  readonly weights: NdArray | null;
}

const GZIP_LEVEL = 4;
/** Weights are ones and zeros in 8 bytes, which a higher level costs time and makes hardly smaller. */
const WEIGHTS_GZIP_LEVEL = 1;
/** Frames whose weights are converted at a time, in bytes. */
const WEIGHT_BLOCK_BYTES = 1 << 22;

/**
 * Begins a .ptyd file. Nothing appears before the first chunk is complete.
 *
 * @throws {DataError} naming the file and what to do, if it cannot be written
 */
export function createPtyd(path: string, spec: PtydSpec): PtydWriter {
  return new PtydWriter(path, spec);
}

/** A .ptyd file while it is written: `append` chunks, then `close`. Disposing without `close` leaves no half-written file. */
export class PtydWriter implements Disposable {
  readonly #path: string;
  readonly #spec: PtydSpec;
  readonly #format: string;
  readonly #writer: Hdf5Writer | null;
  readonly #positions: Float64Array[] = [];
  readonly #indices: number[] = [];
  /** Number of the first chunk file: after those of an earlier file, which stays readable as `<dfile>.old`. */
  readonly #firstPart: number;
  #chunks = 0;
  #frames = 0;
  #shape: readonly number[] | null = null;

  /** Use `createPtyd`. */
  constructor(path: string, spec: PtydSpec) {
    this.#path = path;
    this.#spec = spec;
    this.#format = spec.chunkFormat ?? ".chunk%02d";
    this.#firstPart = spec.save === "link" ? firstFreePart(path, this.#format) : 0;
    this.#writer = spec.save === "link" ? null : new Hdf5Writer(path);
    if (this.#writer) {
      writeRootAttributes(this.#writer, spec.now);
      this.#writer.group("/chunks");
      this.#writer.attribute("/chunks", "type", "dict");
    }
  }

  /** Adds frames. @throws {DataError} if shapes do not match, or they cannot be written */
  append(chunk: PtydChunk): void {
    const frames = checkChunk(this.#path, chunk, this.#shape);
    if (frames === 0) return;
    this.#shape = chunk.data.shape.slice(1);
    if (this.#spec.save === "link") this.#appendLinked(chunk);
    if (this.#spec.save === "append") this.#appendGroup(this.#writer!, chunk);
    if (this.#spec.save === "merge") this.#appendMerged(this.#writer!, chunk);
    this.#positions.push(chunk.positions);
    for (let i = 0; i < frames; i++) this.#indices.push(chunk.indices[i]!);
    this.#frames += frames;
    this.#chunks++;
    if (this.#spec.save === "link") this.#writeLinks();
  }

  /** Completes the file. @throws {DataError} if there are no frames, or it cannot be written */
  close(): void {
    if (this.#frames === 0) {
      throw new DataError(`Cannot write "${this.#path}": found no frames, expected at least one`, { file: this.#path });
    }
    const writer = this.#writer;
    if (writer === null) return;
    if (this.#spec.save === "merge") {
      writeTree(writer, "/chunks/0/indices", ints(this.#indices, "arraylist"));
      writeTree(writer, "/chunks/0/positions", array(this.#allPositions()));
    }
    writeEntries(writer, "/", this.#about());
    writer.commit({ keepOld: true });
  }

  /** Removes what was not completed by `close`. */
  [Symbol.dispose](): void {
    this.#writer?.[Symbol.dispose]();
  }

  #appendGroup(writer: Hdf5Writer, chunk: PtydChunk): void {
    const path = `/chunks/${this.#chunks}`;
    writer.group(path);
    writer.attribute(path, "type", "dict");
    writeChunk(writer, path, chunk);
  }

  /** All frames go into one chunk, which grows. */
  #appendMerged(writer: Hdf5Writer, chunk: PtydChunk): void {
    const path = "/chunks/0";
    const grown = [this.#frames + chunk.data.shape[0]!, ...chunk.data.shape.slice(1)];
    if (this.#chunks === 0) {
      writer.group(path);
      writer.attribute(path, "type", "dict");
      const frames = { shape: chunk.data.shape, growing: true };
      writer.createFrames(`${path}/data`, { dtype: chunk.data.dtype, gzip: GZIP_LEVEL, ...frames });
      writer.createFrames(`${path}/weights`, { dtype: "float64", gzip: WEIGHTS_GZIP_LEVEL, ...frames });
      for (const name of ["data", "weights"]) writer.attribute(`${path}/${name}`, "type", "array");
    } else {
      for (const name of ["data", "weights"]) writer.growTo(`${path}/${name}`, grown);
    }
    writer.writeFrames(`${path}/data`, this.#frames, chunk.data);
    writeWeights(writer, `${path}/weights`, { chunk, first: this.#frames });
  }

  #appendLinked(chunk: PtydChunk): void {
    writeHdf5(this.#partPath(this.#chunks), (writer) => {
      writeRootAttributes(writer, this.#spec.now);
      // Seen through the link, the root of this file is the dictionary of a chunk.
      writer.attribute("/", "type", "dict");
      writeChunk(writer, "/", chunk);
    });
  }

  /** The main file of linked chunks; links are relative to its folder, so that the folder can be moved. */
  #writeLinks(): void {
    const write = (writer: Hdf5Writer): void => {
      writeRootAttributes(writer, this.#spec.now);
      writer.group("/chunks");
      writer.attribute("/chunks", "type", "dict");
      for (let i = 0; i < this.#chunks; i++) {
        writer.externalLink(`/chunks/${i}`, { file: basename(this.#partPath(i)), target: "/" });
      }
      writeEntries(writer, "/", this.#about());
    };
    if (this.#chunks > 1) return writeHdf5(this.#path, write);
    using writer = new Hdf5Writer(this.#path);
    write(writer);
    writer.commit({ keepOld: true });
  }

  #partPath(chunk: number): string {
    return this.#path + fillNumbers(this.#format, [this.#firstPart + chunk], "chunk_format");
  }

  #about(): Record<string, H5rwNode> {
    const { meta, info } = this.#spec;
    const optional = (value: number | null): H5rwNode => value === null ? { type: "None" } : float(value);
    const pair = (value: readonly number[] | null): H5rwNode => value === null ? { type: "None" } : floats(value);
    const parameters = fromPlain(info, { objects: "dict" }) as { entries: Record<string, H5rwNode> };
    return {
      meta: dict({
        center: pair(meta.center),
        distance: optional(meta.distance),
        energy: optional(meta.energy),
        label: text(meta.label),
        num_frames: int(this.#frames),
        psize: pair(meta.psize),
        shape: ints(meta.shape ?? this.#shape!, "array"),
        version: typeof meta.version === "number" ? float(meta.version) : text(meta.version),
        ...angleNodes(meta),
      }),
      info: dict({
        ...parameters.entries,
        positions_scan: array(this.#allPositions()),
        weight2d: fromPlain(false, { objects: "dict" }),
      }),
    };
  }

  #allPositions(): NdArray<Float64Array> {
    const data = new Float64Array(this.#positions.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const positions of this.#positions) {
      data.set(positions, at);
      at += positions.length;
    }
    return { dtype: "float64", shape: [this.#frames, data.length / this.#frames], data };
  }
}

/** Other scans have no such members, as in PtyPy's files. */
function angleNodes({ theta_bragg, rocking_step }: PtydSpec["meta"]): Record<string, H5rwNode> {
  if (typeof theta_bragg !== "number" || typeof rocking_step !== "number") return {};
  return { theta_bragg: float(theta_bragg), rocking_step: float(rocking_step) };
}

/** One more than the highest number of the chunk files that are there. */
function firstFreePart(path: string, format: string): number {
  const [start = "", after = ""] = format.split(/%\d*d/);
  const before = basename(path) + start;
  let free = 0;
  try {
    for (const entry of Deno.readDirSync(dirname(path))) {
      const isPart = entry.name.startsWith(before) && entry.name.endsWith(after);
      const number = isPart ? entry.name.slice(before.length, entry.name.length - after.length).trim() : "";
      if (/^\d+$/.test(number)) free = Math.max(free, Number(number) + 1);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw writeError(path, error);
  }
  return free;
}

function writeChunk(writer: Hdf5Writer, path: string, chunk: PtydChunk): void {
  const frames = chunk.data.shape[0]!;
  const below = path === "/" ? "" : path;
  writeEntries(writer, path, {
    data: array(chunk.data),
    indices: ints(chunk.indices, "arraylist"),
    positions: array({ dtype: "float64", shape: [frames, chunk.positions.length / frames], data: chunk.positions }),
  });
  writer.createFrames(`${below}/weights`, { dtype: "float64", shape: chunk.data.shape, gzip: WEIGHTS_GZIP_LEVEL });
  writeWeights(writer, `${below}/weights`, { chunk, first: 0 });
  writer.attribute(`${below}/weights`, "type", "array");
}

/** Weights of every frame as float64, as PtyPy 0.9 writes them, some frames at a time. */
function writeWeights(writer: Hdf5Writer, path: string, from: { chunk: PtydChunk; first: number }): void {
  const { weights, data } = from.chunk;
  const [frames = 0, ...frame] = data.shape;
  const size = sizeOf(frame);
  const perFrame = weights !== null && sizeOf(weights.shape) === frames * size && frames > 1;
  const block = Math.max(1, Math.floor(WEIGHT_BLOCK_BYTES / (8 * size)));
  for (let start = 0; start < frames; start += block) {
    const count = Math.min(block, frames - start);
    const values = new Float64Array(count * size);
    for (let i = 0; i < values.length; i++) {
      values[i] = weights === null ? 1 : Number(weights.data[perFrame ? start * size + i : i % size]!);
    }
    writer.writeFrames(path, from.first + start, { dtype: "float64", shape: [count, ...frame], data: values });
  }
}

/** Number of frames of a chunk that fits together and to the ones before it. */
function checkChunk(path: string, chunk: PtydChunk, shape: readonly number[] | null): number {
  const found = chunk.data.shape;
  const fail = (what: string, expected: string): never => {
    throw new DataError(`Cannot write "${path}": found ${what}, expected ${expected}`, {
      file: path,
      found: what,
      expected,
    });
  };
  if (found.length !== 3) fail(`frames of shape ${found.join(" x ")}`, "frames x y x x");
  if (shape && found.slice(1).join() !== shape.join()) fail(`frames ${found.slice(1).join(" x ")}`, shape.join(" x "));
  const frames = found[0]!;
  if (chunk.positions.length !== 2 * frames && chunk.positions.length !== 4 * frames) {
    fail(`${chunk.positions.length} numbers for positions`, `2 or 4 for each of ${frames} frames`);
  }
  if (chunk.indices.length !== frames) fail(`${chunk.indices.length} indices`, `${frames}, one per frame`);
  const weights = chunk.weights?.shape ?? found;
  const fits = [found, [1, ...found.slice(1)], found.slice(1)].some((allowed) => allowed.join() === weights.join());
  if (!fits) fail(`weights of shape ${weights.join(" x ")}`, `${found.join(" x ")} or ${found.slice(1).join(" x ")}`);
  return frames;
}
