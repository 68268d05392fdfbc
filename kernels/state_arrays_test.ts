/** Arrays in pieces: every number once and in its order, whatever the pieces. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { type DType, type NdArray, newArray } from "./nd_array.ts";
import {
  type ArraySource,
  collectArrays,
  heldArray,
  numbersIn,
  PIECE_BYTES,
  piecesOf,
  putArray,
  readNumbers,
  sourceOf,
} from "./state_arrays.ts";

/** Numbers that tell their places. */
function counted(dtype: DType, shape: readonly number[]): NdArray {
  const data = newArray(dtype, numbersIn({ dtype, shape }));
  for (let i = 0; i < data.length; i++) data[i] = typeof data[i] === "bigint" ? BigInt(i % 120) as never : i % 120;
  return { dtype, shape, data };
}

/** The same array, of which nobody may have more at a time than a piece. */
function byRange(array: NdArray): ArraySource {
  const source = sourceOf(array);
  return {
    ...source,
    readInto(first, into) {
      assert(into.byteLength <= PIECE_BYTES, `${into.byteLength} bytes at a time`);
      assertEquals(into.constructor, array.data.constructor);
      source.readInto(first, into);
    },
  };
}

const ARRAYS: Readonly<Record<string, NdArray>> = {
  none: counted("complex64", [0, 4]),
  one: counted("float64", [1]),
  words: counted("int64", [3, 5]),
  bytes: counted("uint8", [PIECE_BYTES + 1]),
  waves: counted("complex128", [3, 200, 201]),
  reals: counted("float32", [PIECE_BYTES / 4]),
};

Deno.test("arrays that are held or read by range come out of a sink as they were, in their order", async () => {
  for (const form of [(array: NdArray) => array, byRange]) {
    const collected = await collectArrays((sink) => {
      for (const [name, array] of Object.entries(ARRAYS)) putArray(sink, name, form(array));
    });
    assertEquals(collected, ARRAYS);
    assertEquals(Object.keys(collected), Object.keys(ARRAYS));
    for (const [name, { data }] of Object.entries(collected)) assert(data !== ARRAYS[name]!.data, "a copy is wanted");
  }
});

Deno.test("piecesOf() cuts an array into pieces that are full but for the last", () => {
  const cut = (array: NdArray) => Array.from(piecesOf(sourceOf(array)), ({ first, piece }) => [first, piece.length]);
  assertEquals(cut(ARRAYS["bytes"]!), [[0, PIECE_BYTES], [PIECE_BYTES, 1]]);
  assertEquals(cut(ARRAYS["reals"]!), [[0, PIECE_BYTES / 4]]);
  assertEquals(cut(ARRAYS["none"]!), []);
});

Deno.test("heldArray() is the array itself where it is held", () => {
  const array = ARRAYS["waves"]!;
  assert(heldArray(array) === array);
  assertEquals(heldArray(sourceOf(array)), array);
});

Deno.test("readNumbers() fills an array of another precision", () => {
  const source = sourceOf({ dtype: "complex128", shape: [2], data: Float64Array.of(0.1, 2, 3, 4) });
  const [single, double] = [new Float32Array(2), new Float64Array(3)];
  readNumbers(single, 0, source);
  readNumbers(double, 1, source);
  assertEquals([Array.from(single), Array.from(double)], [[Math.fround(0.1), 2], [2, 3, 4]]);
});
