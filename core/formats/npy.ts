/** NumPy's .npy files, versions 1 to 3, of numbers and booleans. @see NEP 1, "A Simple File Format for NumPy Arrays" */

import { type DType, type ElementArray, type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { writeWhole } from "./atomic_file.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { readError } from "./hdf5_signature.ts";
import { ELEMENT_BYTES, halfToSingle, viewAs } from "./hdf5_values.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's type codes, without byte order. Booleans become uint8, half precision float32. */
const TYPES: Readonly<Record<string, DType>> = {
  b1: "uint8",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f2: "float32",
  f4: "float32",
  f8: "float64",
  c8: "complex64",
  c16: "complex128",
};

/** Whether a file begins as a .npy file does; false for what cannot be read. */
export function isNpy(path: string): boolean {
  const head = new Uint8Array(MAGIC.length);
  try {
    using file = Deno.openSync(path, { read: true });
    file.readSync(head);
  } catch {
    return false;
  }
  return MAGIC.every((byte, i) => head[i] === byte);
}

/** Reads a .npy file; the result is row-major whatever the file's order. @throws {DataError} saying what is wrong with it */
export function readNpy(path: string): NdArray {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    checkBytes(Deno.statSync(path).size, { file: path, dataset: "/" });
    bytes = Deno.readFileSync(path);
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
  return parseNpy(bytes, path);
}

/** The array in the bytes of a .npy file; `name` is for messages. @throws {DataError} as `readNpy` */
export function parseNpy(bytes: Uint8Array<ArrayBuffer>, name: string): NdArray {
  const fail = (found: string, expected: string): never => {
    throw new DataError(`Cannot read "${name}": found ${found}, expected ${expected}`, { file: name, found, expected });
  };
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) fail("other content", "a NumPy .npy file");
  const major = bytes[6]!;
  if (major < 1 || major > 3) fail(`version ${major}`, "version 1, 2 or 3");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = major === 1 ? 10 : 12;
  const start = begin + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(bytes.subarray(begin, start));
  const descr = /'descr'\s*:\s*'([<>|=]?)(\w+)'/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  const dtype = TYPES[descr?.[2] ?? ""];
  if (dtype === undefined || order === undefined || dimensions === undefined) {
    return fail(`header ${header.trim().slice(0, 80)}`, "an array of numbers (no objects, no records)");
  }
  const shape = dimensions.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) =>
    parseInt(part)
  );
  const itemBytes = Number(descr![2]!.slice(1));
  const needed = sizeOf(shape) * itemBytes;
  if (bytes.length - start < needed) {
    fail(`a truncated file of ${bytes.length} bytes`, `${start + needed}; copy or make it again`);
  }
  const values = bytes.slice(start, start + needed);
  if (descr![1] === ">") swapBytes(values, descr![2]!.startsWith("c") ? itemBytes / 2 : itemBytes);
  const data = descr![2] === "f2"
    ? halfToSingle(new Uint16Array(values.buffer))
    : viewAs(values.buffer, dtype, sizeOf(shape));
  return { dtype, shape, data: order === "True" ? toRowMajor(data, shape) : data };
}

/** Writes a .npy file (version 1, row-major), whole or not at all. @throws {DataError} if it cannot be written */
export function writeNpy(path: string, array: NdArray): void {
  const header = npyHeader(array);
  writeWhole(path, (temporaryPath) => {
    using file = Deno.openSync(temporaryPath, { write: true, createNew: true });
    const { buffer, byteOffset, byteLength } = array.data;
    for (const part of [header, new Uint8Array(buffer, byteOffset, byteLength)]) {
      for (let done = 0; done < part.length;) done += file.writeSync(part.subarray(done));
    }
  });
}

/** What stands before the numbers of a .npy file (version 1, row-major). */
export function npyHeader(array: Pick<NdArray, "dtype" | "shape">): Uint8Array {
  const code = Object.entries(TYPES).find(([key, dtype]) => dtype === array.dtype && key !== "b1" && key !== "f2")![0];
  const order = ELEMENT_BYTES[array.dtype] === 1 ? "|" : "<";
  const shape = array.shape.length === 1 ? `(${array.shape[0]},)` : `(${array.shape.join(", ")})`;
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${shape}, }`;
  const padding = " ".repeat(63 - ((10 + text.length) % 64));
  const header = new TextEncoder().encode(`${text}${padding}\n`);
  return Uint8Array.from([...MAGIC, 1, 0, header.length & 255, header.length >> 8, ...header]);
}

/** Reverses the bytes of every element. Changes `bytes`. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Column-major to row-major. */
function toRowMajor(source: ElementArray, shape: readonly number[]): ElementArray {
  const count = sizeOf(shape);
  const parts = count === 0 ? 1 : source.length / count;
  const result = source.slice();
  const index = shape.map(() => 0);
  for (let at = 0; at < count; at++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis]! + index[axis]!;
    for (let part = 0; part < parts; part++) result[at * parts + part] = source[from * parts + part]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}
