/** Loops over the pixels of a frame, row by row, and sums over them in a fixed order with double-precision totals. */

import { type F64, f64, f64x2, type I32, i32, type V128, v128 } from "./expressions.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import { type Lanes, VECTOR_BYTES } from "./lanes.ts";

/** The rows to go over, padding included. */
export interface FrameRows {
  /** Known when the code is written, or when it runs; at least 1. */
  readonly rows: number | I32;
  /** Bytes from a row to the next, a multiple of a vector. */
  readonly pitch: number;
}

/** A local that walks over the pixels; `step` is the number of bytes between its rows, the frame's pitch if left out. */
export interface Walker {
  readonly at: Local<"i32">;
  readonly step?: I32;
  /** Bytes of a vector there, those of a vector if left out; `turn` sees to its own shift. Such a walker has no step. */
  readonly bytes?: number;
}

/** Vectors in one turn of the loop, at most: less counting, without need of more registers. */
const MOST_AT_ONCE = 4;

/**
 * Runs `turn` for every vector of every row while the walkers move along; the vector is `shift` bytes from where they are. `afterRow`
 * runs between rows. Changes the walkers' locals.
 */
export function eachVector(body: FunctionBody, { frame, walkers, afterRow }: {
  frame: FrameRows;
  walkers: readonly Walker[];
  afterRow?: () => void;
}, turn: (shift: number) => void): void {
  const jumps = walkers.filter((walker) => walker.step !== undefined).map(({ at, step }) => ({
    at,
    by: body.keep(i32.sub(step!, i32.const(frame.pitch))),
  }));
  const end = body.local("i32");
  const vectors = frame.pitch / VECTOR_BYTES;
  const atOnce = [4, 3, 2, 1].find((count) => count <= MOST_AT_ONCE && vectors % count === 0)!;
  const several = () => {
    for (let v = 0; v < atOnce; v++) body.scope(() => turn(v * VECTOR_BYTES));
  };
  const row = () => {
    body.set(end, i32.add(walkers[0]!.at, i32.const(frame.pitch)));
    body.sweep(
      { move: walkers.map(({ at, bytes = VECTOR_BYTES }) => [at, atOnce * bytes] as const), until: end },
      several,
    );
    for (const { at, by } of jumps) body.set(at, i32.add(at, by));
    afterRow?.();
  };
  if (typeof frame.rows === "number") return body.repeat(frame.rows, row);
  body.sweep({ move: [[body.keep<"i32">(i32.const(0)), 1]], until: frame.rows }, row);
}

/** A sum over the pixels of a frame: lanes within a row, then in double. */
export interface PixelSum {
  /** Adds a vector. */
  add(value: V128): void;
  /** Must run after every row. */
  endRow(): void;
  /** The total so far. */
  total(): F64;
}

/** A sum of zero so far. */
export function pixelSum(body: FunctionBody, lanes: Lanes): PixelSum {
  const row = body.keep(lanes.constant(0));
  const total = body.keep(f64x2.splat(f64.const(0)));
  return {
    add: (value) => body.set(row, lanes.add(row, value)),
    endRow() {
      if (lanes.precision === "double") body.set(total, f64x2.add(total, row));
      else {
        const high = v128.shuffle(row, { b: row, order: [2, 3, 0, 1] });
        body.set(total, f64x2.add(total, f64x2.add(f64x2.promoteLow(row), f64x2.promoteLow(high))));
      }
      body.set(row, lanes.constant(0));
    },
    total: () => f64.add(f64x2.lane(total, 0), f64x2.lane(total, 1)),
  };
}
