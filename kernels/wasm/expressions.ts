/**
 * Expressions of the emitter: a type and the bytes that leave one value of it on the stack. They are plain values that can be
 * built anywhere and used in one function body; a mistake in types is a mistake for the compiler.
 * @see WebAssembly Core Specification 2.0, section 5.4
 */

import type { Code } from "./code.ts";
import { float32, float64, signed, unsigned, type ValueType } from "./encoding.ts";

/** Code that leaves one value of type `T`. */
export interface Expression<T extends ValueType = ValueType> {
  readonly type: T;
  readonly code: Code;
}

/** A 32-bit integer; all addresses are of this type, in bytes. */
export type I32 = Expression<"i32">;
/** A single-precision number. */
export type F32 = Expression<"f32">;
/** A double-precision number. */
export type F64 = Expression<"f64">;
/** Four single-precision or two double-precision numbers, or 16 bytes. */
export type V128 = Expression<"v128">;

const SIMD = 0xfd;

type Unary<A extends ValueType, R extends ValueType> = (a: Expression<A>) => Expression<R>;
type Binary<A extends ValueType, R extends ValueType> = (a: Expression<A>, b: Expression<A>) => Expression<R>;
type Load<R extends ValueType> = (address: I32, offset?: number) => Expression<R>;

/** Integers and addresses. Comparisons are unsigned and give 0 or 1. */
export const i32 = {
  const: (value: number): I32 => ({ type: "i32", code: [0x41, signed(value)] }),
  load: load("i32", [0x28], 2),
  add: binary("i32", [0x6a]) as Binary<"i32", "i32">,
  sub: binary("i32", [0x6b]) as Binary<"i32", "i32">,
  mul: binary("i32", [0x6c]) as Binary<"i32", "i32">,
  divU: binary("i32", [0x6e]) as Binary<"i32", "i32">,
  and: binary("i32", [0x71]) as Binary<"i32", "i32">,
  or: binary("i32", [0x72]) as Binary<"i32", "i32">,
  shl: binary("i32", [0x74]) as Binary<"i32", "i32">,
  /** `a` if `condition` is not 0, else `b`; both are evaluated. */
  select: (condition: I32, { a, b }: { a: I32; b: I32 }): I32 => ({
    type: "i32",
    code: [a.code, b.code, condition.code, 0x1b],
  }),
  ltU: binary("i32", [0x49]) as Binary<"i32", "i32">,
  gtU: binary("i32", [0x4b]) as Binary<"i32", "i32">,
  eq: binary("i32", [0x46]) as Binary<"i32", "i32">,
  eqz: unary("i32", [0x45]) as Unary<"i32", "i32">,
};

/** Single-precision scalars. */
export const f32 = {
  const: (value: number): F32 => ({ type: "f32", code: [0x43, float32(value)] }),
  load: load("f32", [0x2a], 2),
  add: binary("f32", [0x92]) as Binary<"f32", "f32">,
  sub: binary("f32", [0x93]) as Binary<"f32", "f32">,
  mul: binary("f32", [0x94]) as Binary<"f32", "f32">,
  div: binary("f32", [0x95]) as Binary<"f32", "f32">,
  fromF64: unary("f32", [0xb6]) as Unary<"f64", "f32">,
};

/** Double-precision scalars. */
export const f64 = {
  const: (value: number): F64 => ({ type: "f64", code: [0x44, float64(value)] }),
  load: load("f64", [0x2b], 3),
  add: binary("f64", [0xa0]) as Binary<"f64", "f64">,
  sub: binary("f64", [0xa1]) as Binary<"f64", "f64">,
  mul: binary("f64", [0xa2]) as Binary<"f64", "f64">,
  div: binary("f64", [0xa3]) as Binary<"f64", "f64">,
  sqrt: unary("f64", [0x9f]) as Unary<"f64", "f64">,
  le: binary("i32", [0x65]) as (a: F64, b: F64) => I32,
  gt: binary("i32", [0x64]) as (a: F64, b: F64) => I32,
  eq: binary("i32", [0x61]) as (a: F64, b: F64) => I32,
  select: (condition: I32, { a, b }: { a: F64; b: F64 }): F64 => ({
    type: "f64",
    code: [a.code, b.code, condition.code, 0x1b],
  }),
  fromI32: unary("f64", [0xb7]) as Unary<"i32", "f64">,
  fromF32: unary("f64", [0xbb]) as Unary<"f32", "f64">,
};

/** Vectors whatever their lanes are. `loadSplat32/64` fill every lane with one number from memory. */
export const v128 = {
  load: load("v128", [SIMD, 0x00], 4),
  loadSplat32: load("v128", [SIMD, 0x09], 2),
  loadSplat64: load("v128", [SIMD, 0x0a], 3),
  /** Four numbers of 16 bits, and two, as single-precision and as double-precision lanes. */
  loadCounts4: (address: I32, offset = 0): V128 => ({
    type: "v128",
    code: [address.code, SIMD, 0x04, memoryArgument(3, offset), SIMD, unsigned(0xfa)],
  }),
  loadCounts2: (address: I32, offset = 0): V128 => ({
    type: "v128",
    code: [address.code, SIMD, 0x5c, memoryArgument(2, offset), SIMD, unsigned(0xa9), SIMD, unsigned(0xfe)],
  }),
  and: binary("v128", [SIMD, 0x4e]) as Binary<"v128", "v128">,
  /** Bits of `a` that are not in `b`. */
  andNot: binary("v128", [SIMD, 0x4f]) as Binary<"v128", "v128">,
  or: binary("v128", [SIMD, 0x50]) as Binary<"v128", "v128">,
  /** Bit by bit `a` where `mask` is 1, else `b`. */
  select: (mask: V128, { a, b }: { a: V128; b: V128 }): V128 => ({
    type: "v128",
    code: [a.code, b.code, mask.code, SIMD, 0x52],
  }),
  /** Lanes of `a` (0 ..) and `b` (from `order.length` on) in the given order of 4 or 2 lanes. */
  shuffle: (a: V128, { b, order }: { b: V128; order: readonly number[] }): V128 => {
    const width = 16 / order.length;
    const bytes = order.flatMap((lane) => Array.from({ length: width }, (_, i) => lane * width + i));
    return { type: "v128", code: [a.code, b.code, SIMD, 0x0d, bytes] };
  },
};

/** 1 if any bit is set. */
export function anyTrue(a: V128): I32 {
  return { type: "i32", code: [a.code, SIMD, 0x53] };
}

/** Four single-precision lanes. Comparisons fill a lane with ones or zeros. */
export const f32x4 = {
  splat: unary("v128", [SIMD, 0x13]) as Unary<"f32", "v128">,
  lane: (a: V128, lane: number): F32 => ({ type: "f32", code: [a.code, SIMD, 0x1f, lane] }),
  eq: binary("v128", [SIMD, 0x41]) as Binary<"v128", "v128">,
  gt: binary("v128", [SIMD, 0x44]) as Binary<"v128", "v128">,
  abs: unary("v128", [SIMD, ...unsigned(0xe0)]) as Unary<"v128", "v128">,
  neg: unary("v128", [SIMD, ...unsigned(0xe1)]) as Unary<"v128", "v128">,
  sqrt: unary("v128", [SIMD, ...unsigned(0xe3)]) as Unary<"v128", "v128">,
  add: binary("v128", [SIMD, ...unsigned(0xe4)]) as Binary<"v128", "v128">,
  sub: binary("v128", [SIMD, ...unsigned(0xe5)]) as Binary<"v128", "v128">,
  mul: binary("v128", [SIMD, ...unsigned(0xe6)]) as Binary<"v128", "v128">,
  div: binary("v128", [SIMD, ...unsigned(0xe7)]) as Binary<"v128", "v128">,
  max: binary("v128", [SIMD, ...unsigned(0xe9)]) as Binary<"v128", "v128">,
};

/** Two double-precision lanes. */
export const f64x2 = {
  splat: unary("v128", [SIMD, 0x14]) as Unary<"f64", "v128">,
  lane: (a: V128, lane: number): F64 => ({ type: "f64", code: [a.code, SIMD, 0x21, lane] }),
  /** The first two of four single-precision lanes. */
  promoteLow: unary("v128", [SIMD, 0x5f]) as Unary<"v128", "v128">,
  eq: binary("v128", [SIMD, 0x47]) as Binary<"v128", "v128">,
  gt: binary("v128", [SIMD, 0x4a]) as Binary<"v128", "v128">,
  abs: unary("v128", [SIMD, ...unsigned(0xec)]) as Unary<"v128", "v128">,
  neg: unary("v128", [SIMD, ...unsigned(0xed)]) as Unary<"v128", "v128">,
  sqrt: unary("v128", [SIMD, ...unsigned(0xef)]) as Unary<"v128", "v128">,
  add: binary("v128", [SIMD, ...unsigned(0xf0)]) as Binary<"v128", "v128">,
  sub: binary("v128", [SIMD, ...unsigned(0xf1)]) as Binary<"v128", "v128">,
  mul: binary("v128", [SIMD, ...unsigned(0xf2)]) as Binary<"v128", "v128">,
  div: binary("v128", [SIMD, ...unsigned(0xf3)]) as Binary<"v128", "v128">,
  max: binary("v128", [SIMD, ...unsigned(0xf5)]) as Binary<"v128", "v128">,
};

/** Alignment hint (log2 of bytes) and constant offset of a memory access. */
export function memoryArgument(alignment: number, offset: number): number[] {
  return [...unsigned(alignment), ...unsigned(offset)];
}

function unary<R extends ValueType>(type: R, opcode: readonly number[]) {
  return (a: Expression): Expression<R> => ({ type, code: [a.code, opcode] });
}

function binary<R extends ValueType>(type: R, opcode: readonly number[]) {
  return (a: Expression, b: Expression): Expression<R> => ({ type, code: [a.code, b.code, opcode] });
}

function load<R extends ValueType>(type: R, opcode: readonly number[], alignment: number): Load<R> {
  return (address, offset = 0) => ({ type, code: [address.code, opcode, memoryArgument(alignment, offset)] });
}
