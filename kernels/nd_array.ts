/** Arrays as plain values: element type, shape and row-major data. Complex elements are interleaved re, im. */

import { ShapeError } from "./errors.ts";

/** Element types; `complex64` and `complex128` store two numbers per element. */
export type DType =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64"
  | "complex64"
  | "complex128";

/** A typed array of real numbers. */
export type RealArray = Float32Array | Float64Array;

/** Any typed array that an NdArray may hold. */
export type ElementArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | RealArray;

/** An n-dimensional array, row-major; `data.length` is the product of `shape`, twice that for complex elements. */
export interface NdArray<A extends ElementArray = ElementArray> {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: A;
}

/** Single: float32 and complex64. Double: float64 and complex128. */
export type Precision = "single" | "double";

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** A zeroed typed array for `count` real numbers in the given precision. */
export function realArray(count: number, precision: Precision): RealArray {
  return precision === "single" ? new Float32Array(count) : new Float64Array(count);
}

/** A complex array value around interleaved data. @throws {ShapeError} if the length does not fit the shape */
export function complexArray(data: RealArray, shape: readonly number[]): NdArray<RealArray> {
  if (data.length !== 2 * sizeOf(shape)) {
    throw new ShapeError(`Cannot wrap complex array: found ${data.length} numbers, expected 2 * ${shape.join(" * ")}`);
  }
  return { dtype: data instanceof Float32Array ? "complex64" : "complex128", shape, data };
}

/** True if elements are complex. */
export function isComplex({ dtype }: { readonly dtype: DType }): boolean {
  return dtype === "complex64" || dtype === "complex128";
}

const ARRAY_TYPES = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
} satisfies Record<DType, new (length: number) => ElementArray>;

/** A zeroed typed array of the kind that holds `dtype`, for `length` numbers (two for each complex element). */
export function newArray(dtype: DType, length: number): ElementArray {
  return new ARRAY_TYPES[dtype](length);
}
