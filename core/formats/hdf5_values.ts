/** HDF5 element types and the bytes of their values, apart from the library that reads them. */

import type { DType, ElementArray, NdArray } from "../../kernels/nd_array.ts";
import { sizeOf } from "../../kernels/nd_array.ts";

/** What the library says of a data set, an attribute or a type (the part that is used here). */
export interface Hdf5Metadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly littleEndian: boolean;
  /** Null for a data set without a data space, which holds nothing. */
  readonly shape?: readonly number[] | null;
  /** Most entries along each axis; null for no limit. */
  readonly maxshape?: readonly (number | null)[] | null;
  readonly total_size?: number;
  readonly chunks?: readonly number[] | null;
  readonly strpad?: number;
  readonly ref_type?: string;
  readonly enum_type?: { readonly members: Readonly<Record<string, number>> };
  readonly compound_type?: { readonly members: readonly (Hdf5Metadata & { name: string; offset: number })[] };
  readonly array_type?: Hdf5Metadata;
  readonly vlen_type?: Hdf5Metadata;
  readonly virtual_sources?: readonly { readonly file_name: string; readonly dset_name: string }[];
}

/** A complex number. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** An n-dimensional array of text, row-major. */
export interface StringArray {
  readonly shape: readonly number[];
  readonly strings: readonly string[];
}

/**
 * What a data set or an attribute can hold: arrays, single values, text; null where it holds nothing. Boolean arrays are
 * `uint8` with 0 and 1, enumerations their integers; a single integer beyond 2^53 is a bigint.
 */
export type Hdf5Value = NdArray | StringArray | number | bigint | boolean | string | Complex | null;

/** An element type in words. */
export interface Hdf5Type {
  readonly kind: "integer" | "float" | "complex" | "boolean" | "enum" | "string" | "compound" | "array" | "other";
  /** As NumPy would name it: `float64`, `complex64`, `bool`, `string`, `{ID: string[16]}`. */
  readonly name: string;
  /** Element type after reading; null where values of this type are not read as numbers. */
  readonly dtype: DType | null;
}

/** HDF5's numbers for type classes. */
export const TYPE_CLASS = {
  integer: 0,
  float: 1,
  time: 2,
  string: 3,
  bitfield: 4,
  opaque: 5,
  compound: 6,
  reference: 7,
  enum: 8,
  vlen: 9,
  array: 10,
  complex: 11,
} as const;

/** Bytes per element of each type. */
export const ELEMENT_BYTES: Readonly<Record<DType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  complex64: 8,
  complex128: 16,
};

/** Describes an element type in words and says how its values are read. */
export function describeType(m: Hdf5Metadata): Hdf5Type {
  const numeric = (kind: Hdf5Type["kind"], name: string, dtype: DType | null): Hdf5Type => ({ kind, name, dtype });
  switch (m.type) {
    case TYPE_CLASS.integer:
      return numeric("integer", `${m.signed ? "" : "u"}int${8 * m.size}`, integerType(m));
    case TYPE_CLASS.bitfield:
      return numeric("integer", `bitfield${8 * m.size}`, integerType({ ...m, signed: false }));
    case TYPE_CLASS.float:
      return numeric("float", `float${8 * m.size}`, floatType(m.size));
    case TYPE_CLASS.complex:
      return numeric("complex", `complex${8 * m.size}`, complexType(m.size));
    case TYPE_CLASS.enum:
      return isBoolean(m) ? numeric("boolean", "bool", "uint8") : numeric("enum", enumName(m), integerType(m));
    case TYPE_CLASS.string:
      return numeric("string", m.vlen ? "string" : `string[${m.size}]`, null);
    case TYPE_CLASS.compound:
      return isComplexCompound(m)
        ? numeric("complex", `complex${8 * m.size}`, complexType(m.size))
        : numeric("compound", compoundName(m), null);
    case TYPE_CLASS.array:
      return numeric("array", arrayName(m), m.array_type ? describeType(m.array_type).dtype : null);
    case TYPE_CLASS.vlen:
      return numeric("other", `list of ${m.vlen_type ? describeType(m.vlen_type).name : "unknown"}`, null);
    case TYPE_CLASS.reference:
      return numeric("other", `${m.ref_type ?? "object"} reference`, null);
    case TYPE_CLASS.opaque:
      return numeric("other", `opaque[${m.size}]`, null);
    default:
      return numeric("other", m.type === TYPE_CLASS.time ? "time" : `type class ${m.type}`, null);
  }
}

/** Shape of the values: the data set's, and behind it that of an array type. */
export function valueShape(m: Hdf5Metadata, shape: readonly number[]): number[] {
  return m.type === TYPE_CLASS.array ? [...shape, ...(m.array_type?.shape ?? [])] : [...shape];
}

/**
 * Values from the first bytes of a buffer as the library delivers them (little endian); `shape` is that of the elements read. Half
 * precision becomes float32.
 *
 * @throws {TypeError} if values of this type are not read as numbers
 */
export function decodeNumbers(bytes: ArrayBuffer, m: Hdf5Metadata, shape: readonly number[]): NdArray {
  const { dtype, kind } = describeType(m);
  if (dtype === null) throw new TypeError(`Cannot decode ${describeType(m).name} as numbers`);
  const full = valueShape(m, shape);
  const base = kind === "array" ? m.array_type! : m;
  if (base.type === TYPE_CLASS.float && base.size === 2) {
    return { dtype, shape: full, data: halfToSingle(new Uint16Array(bytes, 0, sizeOf(full))) };
  }
  return { dtype, shape: full, data: viewAs(bytes, dtype, sizeOf(full)) };
}

/** A single value of an array of one element; integers stay exact. */
export function singleValue(array: NdArray, kind: Hdf5Type["kind"]): number | bigint | boolean | Complex {
  const first = array.data[0]!;
  if (kind === "boolean") return first !== 0;
  if (kind === "complex") return { re: Number(first), im: Number(array.data[1]!) };
  if (typeof first === "bigint" && !Number.isSafeInteger(Number(first))) return first;
  return Number(first);
}

/** Copies an array's values to numbers; complex arrays stay interleaved. @throws {RangeError} beyond 2^53 */
export function toNumbers(array: NdArray): Float64Array {
  if (!(array.data instanceof BigInt64Array || array.data instanceof BigUint64Array)) {
    return Float64Array.from(array.data);
  }
  return Float64Array.from(array.data as ArrayLike<bigint>, (value) => {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError(`Cannot hold ${value} as a number: expected below 2^53`);
    return number;
  });
}

/** A typed array over `bytes` for `count` elements. */
export function viewAs(bytes: ArrayBuffer, dtype: DType, count: number): ElementArray {
  switch (dtype) {
    case "int8":
      return new Int8Array(bytes, 0, count);
    case "uint8":
      return new Uint8Array(bytes, 0, count);
    case "int16":
      return new Int16Array(bytes, 0, count);
    case "uint16":
      return new Uint16Array(bytes, 0, count);
    case "int32":
      return new Int32Array(bytes, 0, count);
    case "uint32":
      return new Uint32Array(bytes, 0, count);
    case "int64":
      return new BigInt64Array(bytes, 0, count);
    case "uint64":
      return new BigUint64Array(bytes, 0, count);
    case "float32":
      return new Float32Array(bytes, 0, count);
    case "float64":
      return new Float64Array(bytes, 0, count);
    case "complex64":
      return new Float32Array(bytes, 0, 2 * count);
    case "complex128":
      return new Float64Array(bytes, 0, 2 * count);
  }
}

/** IEEE half precision to single precision. */
export function halfToSingle(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

function integerType(m: Hdf5Metadata): DType | null {
  if (![1, 2, 4, 8].includes(m.size)) return null;
  return `${m.signed ? "" : "u"}int${8 * m.size}` as DType;
}

function floatType(size: number): DType | null {
  return size === 2 || size === 4 ? "float32" : size === 8 ? "float64" : null;
}

function complexType(size: number): DType | null {
  return size === 8 ? "complex64" : size === 16 ? "complex128" : null;
}

/** h5py's convention: an enumeration of FALSE = 0 and TRUE = 1. */
function isBoolean(m: Hdf5Metadata): boolean {
  const members = m.enum_type?.members ?? {};
  return m.size === 1 && Object.keys(members).length === 2 && members.FALSE === 0 && members.TRUE === 1;
}

/** h5py's convention: two equal floats named r and i. */
function isComplexCompound(m: Hdf5Metadata): boolean {
  const [re, im, more] = m.compound_type?.members ?? [];
  return re !== undefined && im !== undefined && more === undefined && re.name === "r" && im.name === "i" &&
    re.type === TYPE_CLASS.float && im.type === TYPE_CLASS.float && re.size === im.size && re.offset === 0 &&
    im.offset === re.size && m.size === 2 * re.size && re.size >= 4;
}

function enumName(m: Hdf5Metadata): string {
  return `enum (${fewOf(Object.keys(m.enum_type?.members ?? {}))})`;
}

function compoundName(m: Hdf5Metadata): string {
  const members = m.compound_type?.members ?? [];
  return `{${fewOf(members.map((member) => `${member.name}: ${describeType(member).name}`))}}`;
}

/** The first of many names. */
function fewOf(names: readonly string[]): string {
  return names.length <= 6 ? names.join(", ") : `${names.slice(0, 5).join(", ")}, ... ${names.length} in all`;
}

function arrayName(m: Hdf5Metadata): string {
  return m.array_type ? `${describeType(m.array_type).name}[${(m.array_type.shape ?? []).join(",")}]` : "array";
}
