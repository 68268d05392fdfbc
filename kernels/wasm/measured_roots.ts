/** How a pass finds the roots of a frame's measured intensities: as they lie in memory, or made from counts. */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import type { Assembler } from "./assembler.ts";
import { f32, f64, type I32, i32, v128 } from "./expressions.ts";
import { eachVector } from "./frame_loops.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import { lanesOf, VECTOR_BYTES } from "./lanes.ts";

/**
 * Whole intensities take half of the room of roots, or less, as counts: 16 bits each, rows `pitch` apart as those of the roots. Behind the
 * plane follows the number of bytes of exceptions, i32, in as much room as an exception has, and then these.
 */
export const COUNTS = {
  /** Stands for a masked pixel and for the padding. */
  masked: 65535,
  /** The greatest intensity. */
  most: 65534,
  bytes: 2,
} as const;

/** A valid pixel whose intensity is no count. */
export const EXCEPTION = {
  /** i32: byte in the plane of roots. */
  place: 0,
  /** f64: the root, with the intensity's sign. */
  root: 8,
  bytes: 16,
} as const;

/** Roots with the intensity's sign; infinity at masked pixels and in the padding. */
export interface MeasuredRoots {
  /** Bytes of a thread's scratch that they take. */
  readonly scratchBytes: number;
  /** Address of the roots of the frame whose measured plane is at `plane`; in `scratch` until the next frame if they are made. */
  at(body: FunctionBody, scratch: Local<"i32">, plane: I32): I32;
}

/** Bytes of a plane of counts, to which vectors may look. */
export function countsBytes({ rows, pitch }: Pick<PlaneLayout, "rows" | "pitch">): number {
  return Math.ceil(COUNTS.bytes * rows * pitch / 64) * 64;
}

/** Adds what makes roots to a module whose frames are `counts`, and nothing where they are roots. */
export function defineMeasuredRoots(
  assembler: Assembler,
  { layout, counts }: { readonly layout: PlaneLayout; readonly counts: boolean },
): MeasuredRoots {
  if (!counts) return { scratchBytes: 0, at: (_body, _scratch, plane) => plane };
  const lanes = lanesOf(layout.precision);
  const params = { roots: "i32", counts: "i32" } as const;
  const makeRoots = assembler.define({ name: "roots_of_counts", params }, (body, p) => {
    const infinity = body.keep(lanes.constant(Infinity));
    const masked = body.keep(lanes.constant(COUNTS.masked));
    const bytes = lanes.count * COUNTS.bytes;
    const frame = { rows: layout.rows, pitch: layout.pitch * lanes.bytes };
    const roots = body.keep(p.roots);
    const table = body.keep(i32.add(p.counts, i32.const(countsBytes(layout))));
    eachVector(body, { frame, walkers: [{ at: p.roots }, { at: p.counts, bytes }] }, (shift) => {
      const count = body.keep(lanes.loadCounts(p.counts, shift / VECTOR_BYTES * bytes));
      const root = v128.select(lanes.eq(count, masked), { a: infinity, b: lanes.sqrt(count) });
      body.storeV128(p.roots, root, { offset: shift });
    });
    const entry = body.keep(i32.add(table, i32.const(EXCEPTION.bytes)));
    const until = body.keep(i32.add(entry, i32.load(table)));
    body.when(i32.ltU(entry, until), () => {
      body.sweep({ move: [[entry, EXCEPTION.bytes]], until }, () => {
        const place = i32.add(roots, i32.load(entry, EXCEPTION.place));
        const root = f64.load(entry, EXCEPTION.root);
        if (lanes.precision === "single") body.storeF32(place, f32.fromF64(root));
        else body.storeF64(place, root);
      });
    });
  });
  return {
    scratchBytes: layout.planeBytes,
    at(body, scratch, plane) {
      body.call(makeRoots, [scratch, plane]);
      return scratch;
    },
  };
}
