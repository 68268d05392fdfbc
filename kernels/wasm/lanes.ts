/** Vectors of either precision under one set of names: four single-precision lanes or two double-precision lanes. */

import type { Precision, RealArray } from "../nd_array.ts";
import type { FunctionBody } from "./function_body.ts";
import { type Expression, f32, f32x4, type F64, f64, f64x2, type I32, type V128, v128 } from "./expressions.ts";

/** Operations on the lanes of one precision. */
export interface Lanes {
  readonly precision: Precision;
  /** Numbers in a vector: 4 or 2. */
  readonly count: number;
  /** Bytes of a number: 4 or 8. */
  readonly bytes: number;
  add(a: V128, b: V128): V128;
  sub(a: V128, b: V128): V128;
  mul(a: V128, b: V128): V128;
  div(a: V128, b: V128): V128;
  max(a: V128, b: V128): V128;
  gt(a: V128, b: V128): V128;
  eq(a: V128, b: V128): V128;
  sqrt(a: V128): V128;
  neg(a: V128): V128;
  abs(a: V128): V128;
  /** The same number in every lane. */
  constant(value: number): V128;
  /** The number at an address in every lane. */
  loadSplat(address: I32, offset?: number): V128;
  /** As many numbers as there are lanes from as many words of 16 bits at an address. */
  loadCounts(address: I32, offset?: number): V128;
  /** One lane, in double. */
  laneAsF64(a: V128, lane: number): F64;
  /** A scalar parameter in every lane; the parameter's type is `scalar`. */
  splat(value: Expression<"f32"> | Expression<"f64">): V128;
  readonly scalar: "f32" | "f64";
}

/** Bytes of a vector of either precision. */
export const VECTOR_BYTES = 16;

const SINGLE: Lanes = {
  precision: "single",
  count: 4,
  bytes: 4,
  scalar: "f32",
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  div: f32x4.div,
  max: f32x4.max,
  gt: f32x4.gt,
  eq: f32x4.eq,
  sqrt: f32x4.sqrt,
  neg: f32x4.neg,
  abs: f32x4.abs,
  constant: (value) => f32x4.splat(f32.const(value)),
  loadSplat: v128.loadSplat32,
  loadCounts: v128.loadCounts4,
  laneAsF64: (a, lane) => f64.fromF32(f32x4.lane(a, lane)),
  splat: (value) => f32x4.splat(value as Expression<"f32">),
};

const DOUBLE: Lanes = {
  precision: "double",
  count: 2,
  bytes: 8,
  scalar: "f64",
  add: f64x2.add,
  sub: f64x2.sub,
  mul: f64x2.mul,
  div: f64x2.div,
  max: f64x2.max,
  gt: f64x2.gt,
  eq: f64x2.eq,
  sqrt: f64x2.sqrt,
  neg: f64x2.neg,
  abs: f64x2.abs,
  constant: (value) => f64x2.splat(f64.const(value)),
  loadSplat: v128.loadSplat64,
  loadCounts: v128.loadCounts2,
  laneAsF64: f64x2.lane,
  splat: (value) => f64x2.splat(value as Expression<"f64">),
};

/** The lanes of a precision. */
export function lanesOf(precision: Precision): Lanes {
  return precision === "single" ? SINGLE : DOUBLE;
}

/** A typed array of a precision over a memory, from a byte address. */
export function viewMemory(memory: WebAssembly.Memory, { precision, address, length }: {
  precision: Precision;
  address: number;
  length: number;
}): RealArray {
  return precision === "single"
    ? new Float32Array(memory.buffer, address, length)
    : new Float64Array(memory.buffer, address, length);
}

/**
 * The square matrix of lanes on its other side: lane j of row i becomes lane i of row j. Takes `lanes.count` vectors, gives as
 * many, as locals of `body`.
 */
export function transpose(body: FunctionBody, { lanes, rows }: { lanes: Lanes; rows: readonly V128[] }): V128[] {
  const pair = (a: V128, { b, order }: { b: V128; order: readonly number[] }) =>
    body.keep(v128.shuffle(a, { b, order }));
  if (lanes.count === 2) {
    const [a, b] = rows as [V128, V128];
    return [pair(a, { b, order: [0, 2] }), pair(a, { b, order: [1, 3] })];
  }
  const [a, b, c, d] = rows as [V128, V128, V128, V128];
  const abLow = pair(a, { b, order: [0, 4, 1, 5] });
  const abHigh = pair(a, { b, order: [2, 6, 3, 7] });
  const cdLow = pair(c, { b: d, order: [0, 4, 1, 5] });
  const cdHigh = pair(c, { b: d, order: [2, 6, 3, 7] });
  return [
    pair(abLow, { b: cdLow, order: [0, 1, 4, 5] }),
    pair(abLow, { b: cdLow, order: [2, 3, 6, 7] }),
    pair(abHigh, { b: cdHigh, order: [0, 1, 4, 5] }),
    pair(abHigh, { b: cdHigh, order: [2, 3, 6, 7] }),
  ];
}
