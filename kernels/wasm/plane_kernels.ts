/**
 * Kernels on whole arrays as WASM SIMD, for arrays of one precision that lie alike: pieces of any planes, re or im, their padding
 * included, which must be zero and stays so. They need not know what is where: a complex array is as many real numbers.
 *
 * Pieces may be divided between workers. Elementwise kernels give the same bytes however they are cut; `products` gives the sums of its
 * piece, so that sums over pieces of fixed size, added in their order, do not depend on the number of workers.
 */

import type { Precision } from "../nd_array.ts";
import { type Assembler, createAssembler } from "./assembler.ts";
import { type F64, f64, f64x2, i32, type V128, v128 } from "./expressions.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import { type Lanes, lanesOf, VECTOR_BYTES } from "./lanes.ts";

/** The kernels. Addresses are in bytes and multiples of 16, as are `bytes`, the length of the piece. */
export interface PlaneKernels {
  /** `out = a x + b y`; `out` may be `x` or `y`. Changes `out`. */
  combine(out: number, piece: { x: number; y: number; a: number; b: number; bytes: number }): void;
  /** `out = a x`; `out` may be `x`. Changes `out`. */
  scale(out: number, piece: { x: number; a: number; bytes: number }): void;
  /** `direction *= step`, then `array += direction`. Changes both. */
  takeStep(array: number, piece: { direction: number; step: number; bytes: number }): void;
  /** `array = sum / norm` where the norm is not 0. Changes `array`. */
  finishMean(array: number, piece: { sum: number; norm: number; bytes: number }): void;
  /** Whether all numbers are finite. */
  isFinite(x: number, piece: { bytes: number }): boolean;
  /** Sets two f64 at `sums` to `sum (x - before)^2` and `sum x^2`, summed in double, then `before = x`. Changes `before`. */
  replace(sums: number, piece: { before: number; x: number; bytes: number }): void;
  /** Sets three f64 at `sums`, a multiple of 8, to `sum x^2`, `sum x y` and `sum y^2`, summed in double. */
  products(sums: number, piece: { x: number; y: number; bytes: number }): void;
}

/** Generates the module of a precision. */
export function generatePlaneKernels({ precision, sharedPages }: {
  precision: Precision;
  sharedPages: number;
}): Uint8Array<ArrayBuffer> {
  const assembler = createAssembler({ sharedPages });
  const lanes = lanesOf(precision);
  defineCombine(assembler, lanes);
  defineScale(assembler, lanes);
  defineTakeStep(assembler, lanes);
  defineFinishMean(assembler, lanes);
  defineZeros(assembler, lanes);
  defineReplace(assembler, lanes);
  defineProducts(assembler, lanes);
  return assembler.bytes();
}

/** Binds the module to a memory. */
export function instantiatePlaneKernels(
  module: WebAssembly.Module,
  { memory }: { memory: WebAssembly.Memory },
): PlaneKernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => unknown)(...args);
  return {
    combine: (out, { x, y, a, b, bytes }) => bytes > 0 && call("combine", out, out + bytes, x, y, a, b),
    scale: (out, { x, a, bytes }) => bytes > 0 && call("scale", out, out + bytes, x, a),
    takeStep: (array, { direction, step, bytes }) =>
      bytes > 0 && call("take_step", array, array + bytes, direction, step),
    finishMean: (array, { sum, norm, bytes }) => bytes > 0 && call("finish_mean", array, array + bytes, sum, norm),
    isFinite: (x, { bytes }) => bytes <= 0 || call("zeros", x, x + bytes) === 0,
    replace: (sums, { before, x, bytes }) => call("replace", sums, x, x + bytes, before),
    products: (sums, { x, y, bytes }) => call("products", sums, x, x + bytes, y),
  };
}

function defineCombine(assembler: Assembler, lanes: Lanes): void {
  const { scalar } = lanes;
  const params = { out: "i32", end: "i32", x: "i32", y: "i32", a: scalar, b: scalar } as const;
  assembler.define({ name: "combine", params, exported: true }, (body, p) => {
    const [a, b] = [body.keep(lanes.splat(p.a)), body.keep(lanes.splat(p.b))];
    sweepVectors(body, { moving: [p.out, p.x, p.y], end: p.end }, () => {
      body.storeV128(p.out, lanes.add(lanes.mul(a, v128.load(p.x)), lanes.mul(b, v128.load(p.y))));
    });
  });
}

function defineScale(assembler: Assembler, lanes: Lanes): void {
  const params = { out: "i32", end: "i32", x: "i32", a: lanes.scalar } as const;
  assembler.define({ name: "scale", params, exported: true }, (body, p) => {
    const a = body.keep(lanes.splat(p.a));
    sweepVectors(body, { moving: [p.out, p.x], end: p.end }, () => {
      body.storeV128(p.out, lanes.mul(a, v128.load(p.x)));
    });
  });
}

function defineTakeStep(assembler: Assembler, lanes: Lanes): void {
  const params = { array: "i32", end: "i32", direction: "i32", step: lanes.scalar } as const;
  assembler.define({ name: "take_step", params, exported: true }, (body, p) => {
    const step = body.keep(lanes.splat(p.step));
    sweepVectors(body, { moving: [p.array, p.direction], end: p.end }, () => {
      const moved = body.keep(lanes.mul(step, v128.load(p.direction)));
      body.storeV128(p.direction, moved);
      body.storeV128(p.array, lanes.add(v128.load(p.array), moved));
    });
  });
}

function defineFinishMean(assembler: Assembler, lanes: Lanes): void {
  const params = { array: "i32", end: "i32", sum: "i32", norm: "i32" } as const;
  assembler.define({ name: "finish_mean", params, exported: true }, (body, p) => {
    const zero = body.keep(lanes.constant(0));
    sweepVectors(body, { moving: [p.array, p.sum, p.norm], end: p.end }, () => {
      const norm = body.keep(v128.load(p.norm));
      const mean = lanes.div(v128.load(p.sum), norm);
      body.storeV128(p.array, v128.select(lanes.eq(norm, zero), { a: v128.load(p.array), b: mean }));
    });
  });
}

/** Gives the sum of 0 * x: 0 unless some x is not finite. */
function defineZeros(assembler: Assembler, lanes: Lanes): void {
  const params = { x: "i32", end: "i32" } as const;
  assembler.define({ name: "zeros", params, results: ["f64"], exported: true }, (body, p) => {
    const zero = body.keep(lanes.constant(0));
    const sum = body.keep(lanes.constant(0));
    sweepVectors(body, { moving: [p.x], end: p.end }, () => {
      body.set(sum, lanes.add(sum, lanes.mul(zero, v128.load(p.x))));
    });
    const all = Array.from({ length: lanes.count }, (_, lane) => lanes.laneAsF64(sum, lane));
    body.result([all.reduce((a, b) => f64.add(a, b))]);
  });
}

function defineReplace(assembler: Assembler, lanes: Lanes): void {
  const params = { sums: "i32", x: "i32", end: "i32", before: "i32" } as const;
  assembler.define({ name: "replace", params, exported: true }, (body, p) => {
    const sums = doubleSums(body, lanes, 2);
    body.when(i32.ltU(p.x, p.end), () => {
      sweepVectors(body, { moving: [p.x, p.before], end: p.end }, () => {
        const vector = body.keep(v128.load(p.x));
        const [xs, olds] = [vector, v128.load(p.before)].map((value) => inDouble(body, value, sums.halves)) as [
          V128[],
          V128[],
        ];
        xs.forEach((x, half) => {
          const change = body.keep(f64x2.sub(x, olds[half]!));
          sums.add(half, [f64x2.mul(change, change), f64x2.mul(x, x)]);
        });
        body.storeV128(p.before, vector);
      });
    });
    sums.store(p.sums);
  });
}

function defineProducts(assembler: Assembler, lanes: Lanes): void {
  const params = { sums: "i32", x: "i32", end: "i32", y: "i32" } as const;
  assembler.define({ name: "products", params, exported: true }, (body, p) => {
    const sums = doubleSums(body, lanes, 3);
    body.when(i32.ltU(p.x, p.end), () => {
      sweepVectors(body, { moving: [p.x, p.y], end: p.end }, () => {
        const [xs, ys] = [p.x, p.y].map((at) => inDouble(body, v128.load(at), sums.halves)) as [V128[], V128[]];
        xs.forEach((x, half) => {
          const y = ys[half]!;
          sums.add(half, [f64x2.mul(x, x), f64x2.mul(x, y), f64x2.mul(y, y)]);
        });
      });
    });
    sums.store(p.sums);
  });
}

interface DoubleSums {
  /** Vectors in double that a vector of the precision makes. */
  readonly halves: number;
  /** Adds to each sum what one half of a vector gives. */
  add(half: number, values: readonly V128[]): void;
  /** Stores the totals as f64, one after the other. */
  store(at: Local<"i32">): void;
}

/** Sums in double. Those of the halves of a vector of four are apart, as additions that do not wait for each other. */
function doubleSums(body: FunctionBody, lanes: Lanes, count: number): DoubleSums {
  const halves = lanes.precision === "single" ? 2 : 1;
  const sums = Array.from(
    { length: count },
    () => Array.from({ length: halves }, () => body.keep(f64x2.splat(f64.const(0)))),
  );
  return {
    halves,
    add: (half, values) => values.forEach((value, i) => body.set(sums[i]![half]!, f64x2.add(sums[i]![half]!, value))),
    store: (at) =>
      sums.forEach((parts, i) => {
        const numbers = parts.flatMap((part) => [f64x2.lane(part, 0), f64x2.lane(part, 1)]);
        body.storeF64(at, numbers.reduce<F64>((a, b) => f64.add(a, b), f64.const(0)), { offset: 8 * i });
      }),
  };
}

/** The numbers of a vector as vectors in double. */
function inDouble(body: FunctionBody, vector: V128, halves: number): V128[] {
  const value = body.keep(vector);
  if (halves === 1) return [value];
  const high = v128.shuffle(value, { b: value, order: [2, 3, 0, 1] });
  return [body.keep(f64x2.promoteLow(value)), body.keep(f64x2.promoteLow(high))];
}

function sweepVectors(
  body: FunctionBody,
  { moving, end }: { moving: readonly Local<"i32">[]; end: Local<"i32"> },
  turn: () => void,
): void {
  body.sweep({ move: moving.map((at) => [at, VECTOR_BYTES] as const), until: end }, turn);
}
