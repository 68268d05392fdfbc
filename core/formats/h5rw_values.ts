/** Plain values to h5rw trees and back: the one place that decides what becomes of a number, a list or a record. */

import { type DType, isComplex, type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import type { H5rwNode } from "./h5rw.ts";
import { type Complex, singleValue } from "./hdf5_values.ts";

/** A plain value: what parameters are made of, and arrays. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Complex
  | NdArray
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue | undefined };

/** How plain values become nodes. */
export interface PlainOptions {
  /** Type of plain objects: PtyPy's parameters are `param`, everything else `dict`. */
  readonly objects: "dict" | "param";
  /** True for the paths (`scans.MF.data.energy`) whose whole numbers are floats for PtyPy. Absent: whole numbers are integers. */
  isFloat?(path: string): boolean;
}

/** A dictionary. */
export function dict(entries: Readonly<Record<string, H5rwNode>>): H5rwNode {
  return { type: "dict", entries };
}

/** A single integer (int64). */
export function int(value: number | bigint): H5rwNode {
  return { type: "scalar", array: { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(value)) } };
}

/** A single float (float64). */
export function float(value: number): H5rwNode {
  return { type: "scalar", array: { dtype: "float64", shape: [], data: Float64Array.of(value) } };
}

/** A single boolean. */
export function bool(value: boolean): H5rwNode {
  return { type: "scalar", array: { dtype: "uint8", shape: [], data: Uint8Array.of(value ? 1 : 0) }, isBoolean: true };
}

/** A text, or None for null. */
export function text(value: string | null): H5rwNode {
  return value === null ? { type: "None" } : { type: "string", text: value };
}

/** A numpy array. */
export function array(value: NdArray): H5rwNode {
  return { type: "array", array: value };
}

/** A one-dimensional array of float64. */
export function floats(values: readonly number[]): H5rwNode {
  return array({ dtype: "float64", shape: [values.length], data: Float64Array.from(values) });
}

/** A one-dimensional list, tuple or array of int64. */
export function ints(values: ArrayLike<number>, type: "array" | "arraylist" | "arraytuple"): H5rwNode {
  const data = BigInt64Array.from(Array.from(values, BigInt));
  return { type, array: { dtype: "int64", shape: [data.length], data } };
}

/** The node of a plain value; undefined entries are left out. `path` is for `isFloat`. */
export function fromPlain(value: PlainValue, options: PlainOptions, path = ""): H5rwNode {
  if (value === null) return { type: "None" };
  if (typeof value === "boolean") return bool(value);
  if (typeof value === "string") return text(value);
  if (typeof value === "bigint") return int(value);
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && !options.isFloat?.(path) ? int(value) : float(value);
  }
  if (isList(value)) return fromList(value, options, path);
  if (isArray(value)) return value.shape.length === 0 ? { type: "scalar", array: value } : array(value);
  if (isComplexNumber(value)) {
    return { type: "scalar", array: { dtype: "complex128", shape: [], data: Float64Array.of(value.re, value.im) } };
  }
  const entries: Record<string, H5rwNode> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== undefined) entries[key] = fromPlain(entry, options, path === "" ? key : `${path}.${key}`);
  }
  return { type: options.objects, entries };
}

/** The plain value of a node: lists and tuples of numbers become arrays of numbers, numpy arrays stay NdArray. */
export function toPlain(node: H5rwNode): PlainValue {
  switch (node.type) {
    case "None":
      return null;
    case "string":
    case "record":
      return node.text;
    case "strings":
      return node.array.strings;
    case "scalar":
      return scalarOf(node.array, node.isBoolean ?? false);
    case "list":
    case "tuple":
      return node.items.map(toPlain);
    case "array":
      return node.array;
    case "arraylist":
    case "arraytuple":
      return node.array.shape.length === 1 ? elementsOf(node.array, node.isBoolean ?? false) : node.array;
    case "parts":
      throw new TypeError("Cannot take an array that is made while it is written as a value");
    default:
      return Object.fromEntries(Object.entries(node.entries).map(([key, entry]) => [key, toPlain(entry)]));
  }
}

/** True if a value is an NdArray. */
export function isArray(value: unknown): value is NdArray {
  return typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value;
}

/** Numbers of an array, converted to another real type. */
export function asType(source: NdArray, dtype: Extract<DType, "float32" | "float64">): NdArray {
  const from = source.data as ArrayLike<number | bigint>;
  const data = dtype === "float32" ? new Float32Array(sizeOf(source.shape)) : new Float64Array(sizeOf(source.shape));
  for (let i = 0; i < data.length; i++) data[i] = Number(from[i]!);
  return { dtype, shape: source.shape, data };
}

/** Homogeneous lists of numbers or booleans are one data set, as PtyPy stores them; all others keep their items apart. */
function fromList(values: readonly PlainValue[], options: PlainOptions, path: string): H5rwNode {
  if (values.length > 0 && values.every((value) => typeof value === "boolean")) {
    const data = Uint8Array.from(values, (value) => value ? 1 : 0);
    return { type: "arraylist", array: { dtype: "uint8", shape: [data.length], data }, isBoolean: true };
  }
  if (values.length > 0 && values.every((value) => typeof value === "number")) {
    const whole = values.every(Number.isSafeInteger) && !options.isFloat?.(path);
    if (whole) return ints(values, "arraylist");
    return { type: "arraylist", array: { dtype: "float64", shape: [values.length], data: Float64Array.from(values) } };
  }
  return { type: "list", items: values.map((value) => fromPlain(value, options, path)) };
}

function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}

function isComplexNumber(value: object): value is Complex {
  const keys = Object.keys(value);
  return keys.length === 2 && keys.includes("re") && keys.includes("im") &&
    Object.values(value).every((part) => typeof part === "number");
}

function scalarOf(value: NdArray, isBoolean: boolean): PlainValue {
  return singleValue(value, isBoolean ? "boolean" : isComplex(value) ? "complex" : "float");
}

function elementsOf(list: NdArray, isBoolean: boolean): PlainValue[] {
  const step = isComplex(list) ? 2 : 1;
  return Array.from({ length: list.shape[0]! }, (_, i) => {
    const part = list.data.slice(i * step, (i + 1) * step);
    return scalarOf({ dtype: list.dtype, shape: [], data: part }, isBoolean);
  });
}
