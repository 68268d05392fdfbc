/**
 * PtyPy's value trees in HDF5: every group and data set carries an attribute `type` that says what it was in Python. Both
 * .ptyd and .ptyr files are such trees. What is written here is what PtyPy 0.4 and 0.9 write for the same value.
 */

import { type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { type Hdf5File, type Hdf5Info, join } from "./hdf5.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { ELEMENT_BYTES, type StringArray } from "./hdf5_values.ts";
import type { ArrayInParts, Hdf5Writer } from "./hdf5_writer.ts";

/** One value of a tree, with the type that PtyPy gives it. */
export type H5rwNode =
  | { readonly type: "dict" | "param" | "ordered_dict"; readonly entries: Readonly<Record<string, H5rwNode>> }
  | { readonly type: "list" | "tuple"; readonly items: readonly H5rwNode[] }
  | { readonly type: "array" | "arraylist" | "arraytuple"; readonly array: NdArray; readonly isBoolean?: boolean }
  | { readonly type: "parts"; readonly parts: ArrayInParts; readonly writtenAs: "array" | "arraytuple" }
  | { readonly type: "scalar"; readonly array: NdArray; readonly isBoolean?: boolean }
  | { readonly type: "record"; readonly member: string; readonly text: string; readonly length: number }
  | { readonly type: "strings"; readonly array: StringArray }
  | { readonly type: "string"; readonly text: string }
  | { readonly type: "None" };

/** How to read a tree. */
export interface ReadTreeOptions {
  /** Leaves out what is at these paths, for example large arrays that nobody needs. */
  skip?(path: string): boolean;
  /** Is told of what could not be read and was left out. */
  notice?(message: string): void;
}

/** The version that PtyPy writes into every file. */
const H5RW_VERSION = "0.1";
const GZIP_LEVEL = 4;
const SLASH = "_SLASH_";
const GROUPS = ["dict", "param", "ordered_dict", "list", "tuple"];
const ARRAYS = ["array", "arraylist", "arraytuple"];
/** What PtyPy calls the types that only writing tells apart. */
const WRITTEN_AS: Readonly<Record<string, string>> = { record: "scalar", strings: "array" };
/** Trees are not deeper unless links lead round in them. */
const MOST_DEPTH = 64;
/** What a group or a data set counts for beside its values: a few links make a tree of any size. */
const NODE_BYTES = 4096;
/** What a text counts for. */
const TEXT_BYTES = 64;
/** Kinds whose content is Python code to be executed, which never happens here. */
const PICKLES = ["pickle", "record_array"];

/** Writes the attributes of a file: version, time of creation and of change. */
export function writeRootAttributes(writer: Hdf5Writer, now: Date): void {
  writer.attribute("/", "h5rw_version", H5RW_VERSION);
  writer.attribute("/", "ctime", asctime(now));
  writer.attribute("/", "mtime", asctime(now));
}

/** Writes `node` at `path`; the group above must exist. @throws {DataError} if a key cannot be a name in HDF5 */
export function writeTree(writer: Hdf5Writer, path: string, node: H5rwNode): void {
  writeContent(writer, path, node);
  writer.attribute(path, "type", node.type === "parts" ? node.writtenAs : WRITTEN_AS[node.type] ?? node.type);
}

/** Writes the entries of a dictionary below `path`, which must exist; "/" for the root. */
export function writeEntries(writer: Hdf5Writer, path: string, entries: Readonly<Record<string, H5rwNode>>): void {
  for (const [key, node] of Object.entries(entries)) {
    if (key === "" || key === "." || key === ".." || key.includes("\0")) {
      throw new DataError(`Cannot write key "${key}" of "${path}": found a name that HDF5 cannot hold; rename it`, {
        path,
        key,
      });
    }
    const child = join(path, key.replaceAll("/", SLASH));
    writeTree(writer, child, node);
    if (key.includes("/")) writer.attribute(child, "escaped", "1");
  }
}

/**
 * Reads the tree at `path`. Things without a `type` (written by other programs) are taken for what they look like.
 *
 * @throws {DataError} naming the path of a type that is not known or does not fit what is there, or of what has no end
 */
export function readTree(file: Hdf5File, path: string, options: ReadTreeOptions = {}): H5rwNode {
  return readNode(file, path, { ...options, type: typeAt(file, path), seen: { bytes: 0 } });
}

/** How to read a part of a tree, and what was read of it before. */
interface NodeOptions extends ReadTreeOptions {
  readonly type: string;
  readonly seen: { bytes: number };
}

function readNode(file: Hdf5File, path: string, options: NodeOptions): H5rwNode {
  const { type, seen } = options;
  if (path.split("/").length > MOST_DEPTH) throw endless(file, path);
  seen.bytes += NODE_BYTES;
  checkBytes(seen.bytes, { file: file.path, dataset: path });
  if (file.kind(path) === "group") {
    if (!GROUPS.includes(type)) throw wrongType(file, path, `type "${type}" on a group`);
    const children = readChildren(file, path, options);
    if (type !== "list" && type !== "tuple") return { type: type as "dict", entries: children };
    const keys = Object.keys(children).sort((a, b) => Number(a) - Number(b));
    return { type, items: keys.map((key) => children[key]!) };
  }
  if (GROUPS.includes(type)) throw wrongType(file, path, `type "${type}" on a data set`);
  const info = type === "None" ? null : file.info(path);
  if (info === null) return { type: "None" };
  seen.bytes += sizeOf(info.shape ?? []) * (info.type.dtype === null ? TEXT_BYTES : ELEMENT_BYTES[info.type.dtype]);
  checkBytes(seen.bytes, { file: file.path, dataset: path });
  return readLeaf(file, path, { type, info });
}

/** The text of Python's asctime, in universal time: `Sun Nov 22 23:06:24 2026`. */
export function asctime(date: Date): string {
  const universal = date.toUTCString(); // "Sun, 22 Nov 2026 23:06:24 GMT"
  const [weekday, month] = [universal.slice(0, 3), universal.slice(8, 11)];
  const day = String(date.getUTCDate()).padStart(2);
  return `${weekday} ${month} ${day} ${universal.slice(17, 25)} ${date.getUTCFullYear()}`;
}

function writeContent(writer: Hdf5Writer, path: string, node: H5rwNode): void {
  switch (node.type) {
    case "dict":
    case "param":
    case "ordered_dict":
      writer.group(path);
      return writeEntries(writer, path, node.entries);
    case "list":
    case "tuple":
      writer.group(path);
      return node.items.forEach((item, i) => writeTree(writer, join(path, String(i).padStart(5, "0")), item));
    case "array":
    case "arraylist":
    case "arraytuple":
      if (!node.isBoolean) return writer.array(path, node.array, { gzip: GZIP_LEVEL });
      return writer.booleans(path, node.array as NdArray<Uint8Array>, { gzip: GZIP_LEVEL });
    case "parts":
      return writer.arrayInParts(path, node.parts, { gzip: GZIP_LEVEL });
    case "scalar":
      if (!node.isBoolean) return writer.array(path, node.array);
      return writer.boolean(path, node.array.data[0] !== 0);
    case "record":
      return writer.record(path, { name: node.member, text: node.text, length: node.length });
    case "string":
      return writer.text(path, node.text);
    case "strings":
      throw new TypeError(`Cannot write "${path}": arrays of text are written as a list`);
    case "None":
      return writer.array(path, { dtype: "float64", shape: [1], data: Float64Array.of(0) });
  }
}

function readChildren(file: Hdf5File, path: string, options: NodeOptions): Record<string, H5rwNode> {
  const children: Record<string, H5rwNode> = {};
  for (const name of file.keys(path)) {
    const child = join(path, name);
    if (options.skip?.(child)) continue;
    const type = typeAt(file, child);
    if (type === "missing") {
      options.notice?.(`Left out "${child}" in "${file.path}": a link that leads nowhere`);
      continue;
    }
    if (PICKLES.includes(type)) {
      options.notice?.(`Left out "${child}" in "${file.path}": Python pickles are never executed`);
      continue;
    }
    const escaped = name.includes(SLASH) &&
      (file.attribute(child, "escaped") !== undefined || file.attribute(path, "escaped") !== undefined);
    children[escaped ? name.replaceAll(SLASH, "/") : name] = readNode(file, child, { ...options, type });
  }
  return children;
}

function readLeaf(
  file: Hdf5File,
  path: string,
  { type, info }: { readonly type: string; readonly info: Hdf5Info },
): H5rwNode {
  const isBoolean = info.type.kind === "boolean" ? { isBoolean: true } : {};
  if (type === "string") {
    const text = file.read(path);
    if (typeof text !== "string") throw wrongType(file, path, `type "string" on ${info.type.name}`);
    return { type, text };
  }
  if (type === "scalar") {
    if (info.shape === null || info.shape.length > 0) throw wrongType(file, path, `type "scalar" on an array`);
    if (info.type.kind === "compound") return recordAt(file, path);
    if (info.type.kind === "string") return { type: "string", text: file.read(path) as string };
    return { type, array: file.readArray(path), ...isBoolean };
  }
  if (ARRAYS.includes(type)) {
    if (info.type.kind !== "string") return { type: type as "array", array: file.readArray(path), ...isBoolean };
    const strings = file.read(path);
    return { type: "strings", array: strings as StringArray };
  }
  throw wrongType(file, path, `type "${type}"`);
}

function recordAt(file: Hdf5File, path: string): H5rwNode {
  const entries = Object.entries(file.readRecord(path) ?? {});
  const [member, text] = entries[0] ?? [];
  if (entries.length !== 1 || typeof text !== "string") throw wrongType(file, path, "a record of several members");
  const length = Number(/\[(\d+)\]/.exec(file.info(path).type.name)?.[1] ?? text.length);
  return { type: "record", member: member!, text, length };
}

/** The `type` attribute, or what the object looks like where there is none. */
function typeAt(file: Hdf5File, path: string): string {
  const type = file.attribute(path, "type");
  if (typeof type === "string") return type;
  const kind = file.kind(path);
  if (kind === "group") return "dict";
  if (kind !== "dataset") return kind;
  const info = file.info(path);
  if (info.shape === null) return "None";
  if (info.shape.length > 0) return "array";
  return info.type.kind === "string" ? "string" : "scalar";
}

function endless(file: Hdf5File, path: string): DataError {
  const text =
    `Cannot read the tree in "${file.path}": found groups more than ${MOST_DEPTH} deep at "${path.slice(0, 40)}...", ` +
    "expected a tree that ends; does a group hold itself?";
  return new DataError(text, { file: file.path, dataset: path });
}

function wrongType(file: Hdf5File, path: string, found: string): DataError {
  const expected = [...GROUPS, ...ARRAYS, "string", "scalar", "None"].join(", ");
  const text =
    `Cannot read "${path}" in "${file.path}": found ${found}, expected one of ${expected}, each on its own kind`;
  return new DataError(text, { file: file.path, dataset: path, found, expected });
}
