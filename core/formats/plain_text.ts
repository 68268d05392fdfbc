/** Plain values as JSON text and back: with arrays, big integers, and numbers that JSON has no name for. */

import type { DType } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { isArray, type PlainValue } from "./h5rw_values.ts";
import { viewAs } from "./hdf5_values.ts";

/** Key of what JSON cannot say by itself. */
const MARK = "$exitwave";

/** The text of a value. */
export function plainText(value: PlainValue): string {
  return JSON.stringify(value, (_key, entry) => encoded(entry as PlainValue));
}

/** The value of a text. @throws {DataError} if it is none */
export function parsePlain(text: string): PlainValue {
  try {
    return JSON.parse(text, (_key, entry) => decoded(entry));
  } catch (error) {
    throw new DataError(`Cannot read parameters: found text that is no JSON, expected what exitwave wrote`, {}, error);
  }
}

function encoded(entry: PlainValue): unknown {
  if (typeof entry === "bigint") return { [MARK]: "bigint", value: String(entry) };
  if (typeof entry === "number" && !Number.isFinite(entry)) return { [MARK]: "number", value: String(entry) };
  if (typeof entry !== "object" || entry === null || !isArray(entry)) return entry;
  const { dtype, shape, data } = entry;
  const isBig = dtype === "int64" || dtype === "uint64";
  const values = isBig ? Array.from(data as BigInt64Array, String) : Array.from(data as Float64Array);
  return { [MARK]: "array", dtype, shape, values };
}

function decoded(entry: unknown): unknown {
  if (typeof entry !== "object" || entry === null || !(MARK in entry)) return entry;
  const marked = entry as { [MARK]: string; value: string; dtype: DType; shape: number[]; values: (number | string)[] };
  if (marked[MARK] === "bigint") return BigInt(marked.value);
  if (marked[MARK] === "number") return Number(marked.value);
  const isBig = marked.dtype === "int64" || marked.dtype === "uint64";
  const count = marked.shape.reduce((a, b) => a * b, 1);
  const data = viewAs(new ArrayBuffer(marked.values.length * 8), marked.dtype, count);
  marked.values.forEach((value, i) => (data as unknown as unknown[])[i] = isBig ? BigInt(value) : value);
  return { dtype: marked.dtype, shape: marked.shape, data };
}
