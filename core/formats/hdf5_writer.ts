/** Writing HDF5 files in the oldest format, which every HDF5 library reads, whole or not at all. */

import { type DType, type ElementArray, type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { beginWhole, type WholeFile, writeError } from "./atomic_file.ts";
import { openHdf5 } from "./hdf5.ts";
import { library } from "./hdf5_library.ts";
import { libraryMessage } from "./hdf5_message.ts";
import { type Box, BOX_BYTES, boxesOf } from "./hdf5_boxes.ts";
import { allocate } from "./hdf5_memory.ts";
import { replaceStandIns, STAND_IN_MEMBER } from "./hdf5_boolean.ts";
import { ELEMENT_BYTES, TYPE_CLASS } from "./hdf5_values.ts";

/** How a data set is stored. */
export interface StorageOptions {
  /** Deflate level 1-9 (PtyPy uses 4); absent: not compressed. Ignored for single values, which cannot be. */
  readonly gzip?: number;
  /** Chunk shape; absent: about 256 KiB, of whole frames or, where a frame has more than 1 MiB, of whole rows. */
  readonly chunks?: readonly number[];
}

/** An array whose numbers are made while it is written, so that it is never held as a whole. */
export interface ArrayInParts {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The numbers of a box; they are used before the next box is asked for. */
  part(box: Box): ElementArray;
}

/** Part of the type description that the library wants when it creates something. */
interface TypeSpec {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly littleEndian: true;
  readonly cset?: number;
  readonly compound_type?: { nmembers: number; members: (TypeSpec & { name: string; offset: number })[] };
}

const CHUNK_BYTES = 1 << 18;

/** Frames up to this size are not cut: reading by frames must not decompress its neighbours' halves. */
const WHOLE_FRAME_BYTES = 1 << 20;

/**
 * The library keeps what it knows of every data set, some 30 kB where it has chunks, until the file is closed, and its heap never
 * shrinks. So the file is closed and opened again after so many.
 */
const SETS_PER_OPENING = 64;

/** HDF5's mark of an axis without an end. */
const UNLIMITED = 18446744073709551615n;

/**
 * Writes an HDF5 file through `build`; the file appears whole under its name when `build` is done and everything was
 * verified, or not at all.
 *
 * @throws {DataError} naming the file and what to do: unwritable folder, full disk, or a file that does not read back
 */
export function writeHdf5(path: string, build: (writer: Hdf5Writer) => void): void {
  using writer = new Hdf5Writer(path);
  build(writer);
  writer.commit();
}

/**
 * An HDF5 file while it is written, under a temporary name until `commit`. Groups must be made before what is in them.
 * Disposing without `commit` leaves nothing behind.
 */
export class Hdf5Writer implements Disposable {
  readonly #path: string;
  readonly #file: WholeFile;
  #id: bigint;
  readonly #shapes = new Map<string, readonly number[]>();
  /** Chunks of what is filled in parts. */
  readonly #chunks = new Map<string, readonly number[]>();
  #booleans = 0;
  /** Data sets made since the file was opened. */
  #made = 0;
  #open = true;

  /** Begins to write `path`. @throws {DataError} if its folder cannot be written */
  constructor(path: string) {
    this.#path = path;
    this.#file = beginWhole(path);
    try {
      this.#id = this.#openAs(library.H5F_ACC_TRUNC);
    } catch (error) {
      this.#file.abandon();
      throw error;
    }
  }

  /** Makes a group. Its parent must exist. */
  group(path: string): void {
    this.#attempt(() => library.create_group(this.#id, path, false));
  }

  /** Adds a text attribute (variable-length UTF-8) to a group or data set; "/" is the file. */
  attribute(path: string, name: string, text: string): void {
    const spec = { ...STRING, shape: [], maxshape: [], total_size: 1 };
    this.#attempt(() => library.create_vlen_str_attribute(this.#id, path, name, [text], spec as never));
  }

  /** Writes a single text (variable-length UTF-8). */
  text(path: string, text: string): void {
    const spec = { ...STRING, shape: [], maxshape: [], chunks: null, compression: 0, compression_opts: [] };
    this.#count();
    this.#attempt(() => library.create_vlen_str_dataset(this.#id, path, [text], spec as never));
    this.#shapes.set(path, []);
  }

  /** Writes a single boolean as h5py does: an enumeration of FALSE and TRUE. */
  boolean(path: string, value: boolean): void {
    this.#create(path, { spec: BOOLEAN, shape: [], bytes: Uint8Array.of(value ? 1 : 0) }, {});
    this.#booleans++;
  }

  /** Writes booleans (uint8, 0 or 1) as h5py does. */
  booleans(path: string, values: NdArray<Uint8Array>, options: StorageOptions = {}): void {
    this.#create(path, { spec: BOOLEAN, shape: values.shape, bytes: values.data }, options);
    this.#booleans++;
  }

  /** Writes a single record with one ASCII member of fixed length. */
  record(path: string, member: { name: string; text: string; length: number }): void {
    const spec: TypeSpec = {
      ...INTEGER,
      type: TYPE_CLASS.compound,
      size: member.length,
      compound_type: {
        nmembers: 1,
        members: [{ ...STRING, vlen: false, cset: 0, size: member.length, name: member.name, offset: 0 }],
      },
    };
    const bytes = new Uint8Array(member.length);
    bytes.set(new TextEncoder().encode(member.text).subarray(0, member.length));
    this.#create(path, { spec, shape: [], bytes }, {});
  }

  /** Writes an array; shape `[]` makes a single value. Complex elements become compounds {r, i}, as h5py reads them. */
  array(path: string, array: NdArray, options: StorageOptions = {}): void {
    const bytes = new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
    if (bytes.byteLength !== sizeOf(array.shape) * ELEMENT_BYTES[array.dtype]) {
      throw new TypeError(
        `Cannot write "${path}": found ${array.data.length} numbers for shape ${array.shape.join(" x ")}`,
      );
    }
    if (bytes.byteLength <= BOX_BYTES) {
      this.#create(path, { spec: specOf(array.dtype), shape: array.shape, bytes }, options);
      return;
    }
    this.createFrames(path, { dtype: array.dtype, shape: array.shape, ...options });
    this.writeFrames(path, 0, array);
  }

  /** Writes an array that is made on the way; always chunked. */
  arrayInParts(path: string, { dtype, shape, part }: ArrayInParts, options: StorageOptions = {}): void {
    this.createFrames(path, { dtype, shape, ...options });
    for (const box of this.#boxes(path, shape, dtype)) {
      const { buffer, byteOffset, byteLength } = part(box);
      this.#writeBytes(path, box, new Uint8Array(buffer, byteOffset, byteLength));
    }
  }

  /**
   * Makes an array of `shape` to be filled with `writeFrames`; always chunked. `growing`: more frames can be added with
   * `growTo`.
   */
  createFrames(
    path: string,
    spec: StorageOptions & { dtype: DType; shape: readonly number[]; growing?: boolean },
  ): void {
    const chunks = spec.chunks ?? chunkShape(spec.shape, ELEMENT_BYTES[spec.dtype]);
    const start = { spec: specOf(spec.dtype), shape: [0, ...spec.shape.slice(1)], bytes: new Uint8Array(0) };
    // The library writes all of a data set while creating it; growing it from nothing avoids a full-size copy.
    const maxShape = [spec.growing ? null : spec.shape[0]!, ...spec.shape.slice(1)];
    this.#create(path, start, { ...spec, chunks, maxShape });
    this.#chunks.set(path, chunks);
    this.growTo(path, spec.shape);
  }

  /** Changes the number of frames of an array made by `createFrames`. */
  growTo(path: string, shape: readonly number[]): void {
    this.#attempt(() => library.resize_dataset(this.#id, path, shape.map(BigInt)));
    this.#shapes.set(path, shape);
  }

  /** Fills frames from `start` on of an array made by `createFrames`. */
  writeFrames(path: string, start: number, frames: NdArray): void {
    const bytes = new Uint8Array(frames.data.buffer, frames.data.byteOffset, frames.data.byteLength);
    let at = 0;
    for (const { offset: [first = 0, ...behind], count } of this.#boxes(path, frames.shape, frames.dtype)) {
      const some = sizeOf(count) * ELEMENT_BYTES[frames.dtype];
      this.#writeBytes(path, { offset: [start + first, ...behind], count }, bytes.subarray(at, at + some));
      at += some;
    }
  }

  /** Makes a link to an object of another file; `file` is relative to this file's folder, or absolute. */
  externalLink(path: string, link: { file: string; target: string }): void {
    this.#attempt(() => library.create_external_link(this.#id, link.file, link.target, path));
  }

  /** Makes a link to another path of this file. */
  softLink(path: string, target: string): void {
    this.#attempt(() => library.create_soft_link(this.#id, target, path));
  }

  /** Flushes, closes, verifies that everything is there, and gives the file its name. */
  commit(options: { keepOld?: boolean } = {}): void {
    this.#attempt(() => library.flush(this.#id));
    this.#open = false;
    try {
      this.#attempt(() => library.close_file(this.#id));
      if (this.#booleans > 0) this.#replaceStandIns();
      this.#verify();
    } catch (error) {
      this.#file.abandon();
      // The folder can go while a file is written.
      throw error instanceof Deno.errors.NotFound ? writeError(this.#path, error) : error;
    }
    this.#file.commit(options);
  }

  /** Gives up, unless committed: closes and removes the temporary file. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      library.close_file(this.#id);
    } catch {
      // What cannot be flushed (a full disk) cannot be closed either; the error that led here is the one to report.
    }
    this.#file.abandon();
  }

  #verify(): void {
    const made = [...this.#shapes];
    for (let first = 0; first < made.length; first += SETS_PER_OPENING) {
      using file = openHdf5(this.#file.temporaryPath);
      for (const [path, shape] of made.slice(first, first + SETS_PER_OPENING)) {
        const found = file.shape(path);
        if (found.join() !== shape.join()) throw this.#broken(`"${path}" of shape ${found.join(" x ")}`);
      }
    }
  }

  #replaceStandIns(): void {
    const replaced = replaceStandIns(this.#file.temporaryPath);
    if (replaced !== this.#booleans) throw this.#broken(`${replaced} booleans instead of ${this.#booleans}`);
  }

  #broken(found: string): DataError {
    const text = `Cannot write "${this.#path}": found ${found} when reading it back; check the disk and try again`;
    return new DataError(text, { file: this.#path, found });
  }

  #openAs(mode: number): bigint {
    const name = this.#file.temporaryPath;
    return this.#attempt(() => library.open(name, mode, false, library.H5F_LIBVER_EARLIEST, library.H5F_LIBVER_LATEST));
  }

  /** Counts a data set that is about to be made. */
  #count(): void {
    if (++this.#made <= SETS_PER_OPENING) return;
    this.#made = 1;
    this.#attempt(() => library.flush(this.#id));
    this.#attempt(() => library.close_file(this.#id));
    this.#id = this.#openAs(library.H5F_ACC_RDWR);
  }

  #create(
    path: string,
    what: { spec: TypeSpec; shape: readonly number[]; bytes: Uint8Array },
    options: StorageOptions & { maxShape?: readonly (number | null)[] },
  ): void {
    const { spec, shape, bytes } = what;
    const whole = options.maxShape ?? shape;
    const stored = options.gzip !== undefined || options.chunks !== undefined;
    const plain = whole.length === 0 || whole.includes(0) || !stored;
    const chunks = plain ? null : (options.chunks ?? chunkShape(shape, spec.size)).map(BigInt);
    const metadata = {
      ...spec,
      shape: shape.map(BigInt),
      maxshape: whole.map((length) => length === null ? UNLIMITED : BigInt(length)),
      chunks,
      compression: chunks !== null && options.gzip !== undefined ? 1 : 0,
      compression_opts: [options.gzip ?? 0],
      track_order: false,
    };
    this.#count();
    this.#withBytes(bytes, (pointer) => library.create_dataset(this.#id, path, pointer, metadata as never));
    this.#shapes.set(path, shape);
  }

  #boxes(path: string, shape: readonly number[], dtype: DType): Iterable<Box> {
    return boxesOf(shape, { elementBytes: ELEMENT_BYTES[dtype], chunks: this.#chunks.get(path) });
  }

  #writeBytes(path: string, box: Box, bytes: Uint8Array): void {
    const [count, offset, stride] = [box.count.map(BigInt), box.offset.map(BigInt), box.count.map(() => 1n)];
    this.#withBytes(bytes, (pointer) => library.set_dataset_data(this.#id, path, count, offset, stride, pointer));
  }

  #withBytes(bytes: Uint8Array, action: (pointer: bigint) => number): void {
    const pointer = allocate(library, bytes.byteLength);
    try {
      library.HEAPU8.set(bytes, pointer);
      this.#attempt(() => action(BigInt(pointer)));
    } finally {
      library._free(pointer);
    }
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof DataError) throw error;
      throw writeError(this.#path, new Error(libraryMessage(error), { cause: error }));
    }
  }
}

const INTEGER: TypeSpec = { type: TYPE_CLASS.integer, size: 1, signed: true, vlen: false, littleEndian: true };
const STRING: TypeSpec = { type: TYPE_CLASS.string, size: 4, signed: false, vlen: true, littleEndian: true, cset: 1 };

/** Stand-in of h5py's bool, see hdf5_boolean.ts. */
const BOOLEAN: TypeSpec = {
  ...INTEGER,
  type: TYPE_CLASS.compound,
  compound_type: { nmembers: 1, members: [{ ...INTEGER, name: STAND_IN_MEMBER, offset: 0 }] },
};

function specOf(dtype: DType): TypeSpec {
  const size = ELEMENT_BYTES[dtype];
  if (dtype === "complex64" || dtype === "complex128") {
    const part: TypeSpec = { ...INTEGER, type: TYPE_CLASS.float, signed: false, size: size / 2 };
    const members = [{ ...part, name: "r", offset: 0 }, { ...part, name: "i", offset: size / 2 }];
    return { ...INTEGER, type: TYPE_CLASS.compound, signed: false, size, compound_type: { nmembers: 2, members } };
  }
  if (dtype === "float32" || dtype === "float64") return { ...INTEGER, type: TYPE_CLASS.float, signed: false, size };
  return { ...INTEGER, size, signed: dtype.startsWith("int") };
}

/** Whole rows of the first axis up to about CHUNK_BYTES, at least one; long rows are cut along the next axes. */
function chunkShape(shape: readonly number[], elementBytes: number): number[] {
  const chunk = shape.map((length) => Math.max(1, length));
  for (let axis = 0; axis < chunk.length; axis++) {
    const rest = sizeOf(chunk.slice(axis + 1)) * elementBytes;
    chunk[axis] = Math.max(1, Math.min(chunk[axis]!, Math.floor(CHUNK_BYTES / rest)));
    const isFrame = axis >= chunk.length - 3 && rest <= WHOLE_FRAME_BYTES;
    if (chunk[axis]! > 1 || isFrame) break;
  }
  return chunk;
}
