/**
 * Reading HDF5 files. Everything else goes through `Hdf5File`, `Hdf5Writer` (in hdf5_writer.ts) or the formats on top of them; all
 * reading stands here because one class owns the open file.
 */

import { dirname, resolve } from "node:path";
import { type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { byName, checkBytes, checkMayOpen } from "./hdf5_bounds.ts";
import { checkHdf5Signature, existsAsFile } from "./hdf5_signature.ts";
import { filterName, READABLE_FILTERS, unreadableFilter } from "./hdf5_filters.ts";
import { decodeNumbers, describeType, singleValue, valueShape } from "./hdf5_values.ts";
import type { Hdf5Metadata, Hdf5Type, Hdf5Value } from "./hdf5_values.ts";
import { type Box, boxesOf } from "./hdf5_boxes.ts";
import { library } from "./hdf5_library.ts";
import type { Hdf5Record } from "./hdf5_record.ts";
import { readInto, readOnto, readRecord, readStrings } from "./hdf5_memory.ts";
import { libraryMessage, openError, unexpectedObject } from "./hdf5_message.ts";

/** What a text takes beside its characters. */
const TEXT_BYTES = 64;

/** What there is under a name. */
export type Hdf5Kind = "group" | "dataset" | "datatype" | "missing";

/** A link that is not simply the object itself. */
export type Hdf5Link =
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string };

/** A data set without its values. */
export interface Hdf5Info {
  /** Null for a data set that holds nothing (no data space). */
  readonly shape: readonly number[] | null;
  readonly type: Hdf5Type;
  readonly chunks: readonly number[] | null;
  /** True for a data set that a writer may still make longer. */
  readonly extendable: boolean;
  /** Names of the filters, such as `deflate`, in the order they are applied. */
  readonly filters: readonly string[];
  /** Files that a virtual data set is made of. */
  readonly sources: readonly string[];
}

/** A buffer to read into, replaced by a larger one where it is too small. */
export interface ReadRoom {
  bytes: ArrayBuffer;
}

/**
 * Opens an HDF5 file to read. A `live` one may be open for writing elsewhere (SWMR); what it holds is what it held then.
 *
 * @throws {DataError} if it is missing, a folder, empty, not HDF5, truncated, damaged or out of bounds; the message says what to do
 */
export function openHdf5(path: string, { live = false } = {}): Hdf5File {
  byName(resolve(path), () => checkHdf5Signature(path));
  return new Hdf5File(path, openForReading(path, live ? library.H5F_ACC_SWMR_READ : library.H5F_ACC_RDONLY));
}

/** An open HDF5 file. Paths inside it may begin with "/" or not. Close it with `using` or `close()`. */
export class Hdf5File implements Disposable {
  /** Path of the file as it was given. */
  readonly path: string;
  #id: bigint;
  #open = true;
  /** Files that external links lead to, by path; groups that no external link leads through. */
  readonly #linked = new Map<string, Hdf5File>();
  readonly #local = new Set<string>(["/"]);
  /** What was asked last is usually asked again at once. */
  #last: { path: string; metadata: Hdf5Metadata } | null = null;

  /** Use `openHdf5`. */
  constructor(path: string, id: bigint) {
    this.path = path;
    this.#id = id;
  }

  /** What is at `path`, links followed; a broken link is "missing". */
  kind(path: string): Hdf5Kind {
    try {
      switch (library.get_type(this.#id, absolute(path))) {
        case library.H5G_GROUP:
          return "group";
        case library.H5G_DATASET:
          return "dataset";
        case library.H5G_TYPE:
          return "datatype";
      }
    } catch (error) {
      // The library raises instead of answering "no" where an external file or a parent cannot be opened.
      if (error instanceof DataError) throw error;
    }
    return "missing";
  }

  /** True if there is a group, a data set or a type at `path`. */
  has(path: string): boolean {
    return this.kind(path) !== "missing";
  }

  /** Names in a group, in the order of creation where the file keeps it, else by name. @throws {DataError} if it is no group */
  keys(path = "/"): string[] {
    if (this.kind(path) !== "group") throw this.#unexpected(path, "a group");
    return this.#attempt(path, () => library.get_names(this.#id, absolute(path), false));
  }

  /** The link at `path`, if it is a soft or an external one; null for the object itself. */
  link(path: string): Hdf5Link | null {
    const at = absolute(path);
    if (at === "/") return null;
    const soft = this.#attempt(path, () => library.get_symbolic_link(this.#id, at)) as string | null;
    if (soft !== null) return { kind: "soft", target: soft };
    const external = this.#attempt(path, () => library.get_external_link(this.#id, at));
    if (external.filename === undefined) return null;
    return { kind: "external", file: external.filename, target: external.obj_path };
  }

  /** Something equal for two paths only if they are the same object of this file. */
  identity(path: string): string {
    return this.#attempt(path, () => library.create_object_reference(this.#id, absolute(path))).join(".");
  }

  /** Shape, type and storage of a data set. @throws {DataError} if there is none, naming what there is */
  info(path: string): Hdf5Info {
    const m = this.#metadata(path);
    return {
      shape: m.shape ? valueShape(m, m.shape) : null,
      type: describeType(m),
      chunks: m.chunks ?? null,
      extendable: m.maxshape?.some((most, axis) => most !== m.shape?.[axis]) ?? false,
      filters: this.#attempt(path, () => library.get_dataset_filters(this.#id, absolute(path))).map(filterName),
      sources: (m.virtual_sources ?? []).map((source) => source.file_name),
    };
  }

  /** Shape of a data set; `[]` for a single value. @throws {DataError} if there is none */
  shape(path: string): number[] {
    return [...(this.info(path).shape ?? [0])];
  }

  /** Names of the attributes of a group or data set. */
  attributeNames(path: string): string[] {
    const elsewhere = this.#behindLink(absolute(path));
    if (elsewhere) return elsewhere.file.attributeNames(elsewhere.path);
    return this.#attempt(path, () => library.get_attribute_names(this.#id, absolute(path)));
  }

  /** Attributes of a group or data set; those of a type that cannot be read are left out. */
  attributes(path: string): Record<string, Hdf5Value> {
    const values: Record<string, Hdf5Value> = {};
    for (const name of this.attributeNames(path)) {
      const value = this.attribute(path, name);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  /** One attribute; undefined if it is not there or of a type that cannot be read. */
  attribute(path: string, name: string): Hdf5Value | undefined {
    const elsewhere = this.#behindLink(absolute(path));
    return elsewhere ? elsewhere.file.attribute(elsewhere.path, name) : this.#attribute(absolute(path), name);
  }

  /** The whole value of a data set. @throws {DataError} if there is none or its type cannot be read */
  read(path: string): Hdf5Value {
    const m = this.#metadata(path);
    if (!m.shape) return null;
    const type = describeType(m);
    if (type.kind === "string") return this.#strings(path, m);
    if (m.shape.length > 0 || type.kind === "array") return this.readArray(path);
    return singleValue(this.readArray(path), type.kind);
  }

  /** The whole of a numeric data set, also a single value (shape `[]`). @throws {DataError} if there is none or it is not numeric */
  readArray(path: string): NdArray {
    const m = this.#metadata(path);
    const shape = m.shape ?? [0];
    return this.readRegion(path, { offset: shape.map(() => 0), count: shape });
  }

  /** Frames `start` to `stop` (exclusive) along the first axis; in `room`, if there is one. @throws {DataError} as `readArray`, or beyond the end */
  readFrames(path: string, start: number, stop: number, room?: ReadRoom): NdArray {
    const shape = this.#metadata(path).shape ?? [0];
    const [frames, ...rest] = shape;
    if (frames === undefined || start < 0 || stop < start || stop > frames) {
      const text = `Cannot read frames ${start} to ${stop} of "${path}" in "${this.path}": found ${frames ?? 0} frames`;
      throw new DataError(text, { file: this.path, dataset: path, found: frames ?? 0, expected: stop });
    }
    return this.readRegion(path, { offset: [start, ...rest.map(() => 0)], count: [stop - start, ...rest] }, room);
  }

  /** A box of a numeric data set; in `room`, if there is one. @throws {DataError} as `readArray` */
  readRegion(path: string, box: Box, room: ReadRoom = { bytes: new ArrayBuffer(0) }): NdArray {
    const m = this.#metadata(path);
    const type = describeType(m);
    if (type.dtype === null) throw this.#unexpected(path, "numbers", type.name);
    const size = sizeOf(box.count) * m.size;
    checkBytes(size, { file: this.path, dataset: path });
    if (room.bytes.byteLength < size) room.bytes = this.#buffer(path, size);
    const { bytes } = room;
    if (size > 0) this.#checkFilters(path);
    let at = 0;
    for (const part of boxesOf(box.count, { elementBytes: m.size, chunks: m.chunks })) {
      const some = sizeOf(part.count) * m.size;
      const offset = part.offset.map((first, axis) => first + box.offset[axis]!);
      this.#readBytes(path, { offset, count: part.count }, new Uint8Array(bytes, at, some));
      at += some;
    }
    return decodeNumbers(bytes, m, box.count);
  }

  /** A single compound value by member name; null where there is none. */
  readRecord(path: string): Hdf5Record | null {
    const m = this.#metadata(path);
    if (!m.compound_type || m.shape?.length !== 0) return null;
    const at = absolute(path);
    return this.#attempt(path, () =>
      readRecord(library, m, {
        read: (pointer) => library.get_dataset_data(this.#id, at, null, null, null, pointer),
        reclaim: (pointer) => library.reclaim_vlen_memory(this.#id, at, "", pointer),
      }));
  }

  /**
   * Closes a live file and opens it again, which shows what its writer has added; only if nothing else in this process has it open, since
   * the library would share what it knows of it.
   */
  refresh(): void {
    this.close();
    this.#linked.clear();
    this.#last = null;
    this.#id = openForReading(this.path, library.H5F_ACC_SWMR_READ);
    this.#open = true;
  }

  /** Closes the file; reading afterwards is an error. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const file of this.#linked.values()) file.close();
    library.close_file(this.#id);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }

  #metadata(path: string): Hdf5Metadata {
    if (this.#last?.path === path && this.#open) return this.#last.metadata;
    try {
      if (!this.#open) throw new TypeError(`Cannot read "${path}": "${this.path}" is closed`);
      const metadata = library.get_dataset_metadata(this.#id, absolute(path)) as Hdf5Metadata;
      this.#last = { path, metadata };
      return metadata;
    } catch (error) {
      if (this.#open && this.kind(path) !== "dataset") throw this.#unexpected(path, "a data set");
      return this.#attempt(path, () => {
        throw error;
      });
    }
  }

  #buffer(path: string, bytes: number): ArrayBuffer {
    try {
      return new ArrayBuffer(bytes);
    } catch (error) {
      const text = `Cannot read "${path}" in "${this.path}": found ${bytes} bytes, expected what fits into memory; ` +
        `read fewer frames at once`;
      throw new DataError(text, { file: this.path, dataset: path, found: bytes }, error);
    }
  }

  #readBytes(path: string, { offset, count }: Box, into: Uint8Array): void {
    // A single value has no axes to take a box of.
    const big = (numbers: readonly number[]): bigint[] | null => count.length === 0 ? null : numbers.map(BigInt);
    const [counts, offsets, strides] = [big(count), big(offset), big(count.map(() => 1))];
    const at = absolute(path);
    const read = (pointer: bigint) => library.get_dataset_data(this.#id, at, counts, offsets, strides, pointer);
    this.#attempt(path, () => readOnto(library, into, read));
  }

  #strings(path: string, m: Hdf5Metadata): Hdf5Value {
    checkBytes(sizeOf(m.shape ?? [0]) * (m.size + TEXT_BYTES), { file: this.path, dataset: path });
    this.#checkFilters(path);
    const at = absolute(path);
    return this.#attempt(path, () =>
      readStrings(library, m, {
        read: (pointer) => library.get_dataset_data(this.#id, at, null, null, null, pointer),
        reclaim: (pointer) => library.reclaim_vlen_memory(this.#id, at, "", pointer),
      }));
  }

  #attribute(at: string, name: string): Hdf5Value | undefined {
    try {
      const m = library.get_attribute_metadata(this.#id, at, name) as Hdf5Metadata;
      if (!m.shape) return null;
      const read = (pointer: bigint): number => library.get_attribute_data(this.#id, at, name, pointer);
      const type = describeType(m);
      if (type.kind === "string") {
        const reclaim = (pointer: bigint): number => library.reclaim_vlen_memory(this.#id, at, name, pointer);
        return readStrings(library, m, { read, reclaim });
      }
      if (type.dtype === null) return undefined;
      const bytes = readInto(library, (m.total_size ?? 1) * m.size, read);
      const array = decodeNumbers(bytes.buffer, m, m.shape);
      return array.shape.length > 0 ? array : singleValue(array, type.kind);
    } catch (error) {
      if (error instanceof DataError) throw error;
      return undefined; // An attribute is a remark; one that cannot be read must not keep the data from being read.
    }
  }

  /**
   * The file and the path that an external link on the way to `at` leads to; null if there is none. The library looks for
   * the text of an attribute behind such a link in the wrong file (HDF5 2.0.0), so that it has to be asked of the right one.
   */
  #behindLink(at: string): { file: Hdf5File; path: string } | null {
    if (this.#local.has(at)) return null;
    const cut = at.lastIndexOf("/");
    const parent = this.#behindLink(cut === 0 ? "/" : at.slice(0, cut));
    if (parent) return { file: parent.file, path: join(parent.path, at.slice(cut + 1)) };
    const link = this.link(at);
    if (link?.kind !== "external") {
      this.#local.add(at);
      return null;
    }
    const beside = resolve(dirname(resolve(this.path)), link.file);
    checkMayOpen(beside);
    const path = existsAsFile(beside) ? beside : resolve(link.file);
    checkMayOpen(path);
    if (!this.#linked.has(path)) this.#linked.set(path, openHdf5(path));
    return { file: this.#linked.get(path)!, path: link.target };
  }

  #checkFilters(path: string): void {
    const { chunks, size } = this.#metadata(path);
    if (!chunks) return;
    // A part of a compressed chunk needs all of it.
    checkBytes(sizeOf(chunks) * size, { file: this.path, dataset: path });
    const filters = this.#attempt(path, () => library.get_dataset_filters(this.#id, absolute(path)));
    const name = unreadableFilter(filters);
    if (name === null) return;
    const text =
      `Cannot read "${path}" in "${this.path}": found compression "${name}", expected ${READABLE_FILTERS}; ` +
      `rewrite it, for example with: h5repack -f GZIP=4`;
    throw new DataError(text, { file: this.path, dataset: path, found: name, expected: "deflate" });
  }

  #attempt<T>(path: string, action: () => T): T {
    if (!this.#open) throw new TypeError(`Cannot read "${path}": "${this.path}" is closed`);
    try {
      return action();
    } catch (error) {
      if (error instanceof DataError) throw error;
      const found = libraryMessage(error);
      const remedy = found.includes("--allow-read") ? "" : "; the file may be damaged, make it again";
      const text = `Cannot read "${path}" in "${this.path}": found "${found}"${remedy}`;
      throw new DataError(text, { file: this.path, dataset: path, found }, error);
    }
  }

  /** The error for a path at which there is something else than `expected`, with the nearest names that exist. */
  #unexpected(path: string, expected: string, foundType?: string): DataError {
    return unexpectedObject(this, absolute(path), { path, expected, foundType });
  }
}

/** Joins a group's path and a name. */
export function join(group: string, name: string): string {
  return group.endsWith("/") ? group + name : `${group}/${name}`;
}

function absolute(path: string): string {
  return `/${path.split("/").filter((part) => part !== "" && part !== ".").join("/")}`;
}

function openForReading(path: string, mode: number): bigint {
  try {
    return library.open(resolve(path), mode, false, -1, -1);
  } catch (error) {
    throw openError(path, error);
  }
}
