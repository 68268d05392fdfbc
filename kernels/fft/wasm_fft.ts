/**
 * Two-dimensional Fourier transforms as WebAssembly SIMD, generated for one size and precision.
 *
 * Frames lie in a WebAssembly.Memory as two planes, re and im, in the layout of the plan. Nothing is scaled: forward is the plain
 * sum with sign -1, inverse the plain sum with sign +1, so that inverse(forward(x)) = rows * cols * x; callers fold factors into what
 * they multiply with anyway. Results depend on the input alone, to the last bit.
 *
 * One module serves many instances: compile once, post the WebAssembly.Module, give every worker its own scratch on the shared
 * memory; the tables are written once and only read.
 */

import { type Assembler, createAssembler } from "../wasm/assembler.ts";
import { i32 } from "../wasm/expressions.ts";
import type { FunctionHandle } from "../wasm/function_body.ts";
import { type Lanes, lanesOf, VECTOR_BYTES } from "../wasm/lanes.ts";
import { bluesteinScratchBytes, defineBluesteinLine } from "./wasm_bluestein.ts";
import { defineLine, linePlaneBytes, lineScratchBytes, storageOrder } from "./wasm_line.ts";
import type { AxisPlan, WasmFftPlan } from "./wasm_plan.ts";
import { AXIS_PARAMS, defineTransposedRows } from "./wasm_rows.ts";
import { defineInlineRows, inlineScratchBytes } from "./wasm_rows_inline.ts";
import { createTables, type Tables } from "./wasm_tables.ts";

/** A transform added to a module under construction. */
export interface DefinedFft {
  /** Transforms one frame in place. Parameters: AXIS_PARAMS. Exchange re and im for the inverse. */
  readonly frame: FunctionHandle;
  readonly scratchBytes: number;
}

/** A module that does nothing but transforms. */
export interface WasmFftCode {
  readonly plan: WasmFftPlan;
  /** The module's bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** To be written once, at an address that is a multiple of 64, in the memory. */
  readonly tables: Uint8Array<ArrayBuffer>;
  /** What each instance needs for itself, at an address that is a multiple of 64. */
  readonly scratchBytes: number;
}

/** A transform ready to run. Addresses are in bytes and multiples of 16. */
export interface WasmFft {
  /** Transforms `frames` frames in place; `stride` is the number of bytes from a frame to the next. Changes both planes. */
  forward(re: number, im: number, batch?: { frames: number; stride: number }): void;
  /** The unscaled inverse: sign +1. Changes both planes. */
  inverse(re: number, im: number, batch?: { frames: number; stride: number }): void;
}

/** Generates the module of a plan. `sharedPages` as for `createAssembler`. */
export function generateWasmFft(plan: WasmFftPlan, { sharedPages }: { sharedPages: number }): WasmFftCode {
  const assembler = createAssembler({ sharedPages });
  const tables = createTables(plan.layout.precision);
  const { frame, scratchBytes } = defineFft(assembler, { plan, tables });
  const params = { ...AXIS_PARAMS, frames: "i32", stride: "i32" } as const;
  assembler.define({ name: "fft", params, exported: true }, (body, p) => {
    const left = body.keep<"i32">(i32.const(0));
    body.sweep({ move: [[left, 1]], until: p.frames }, () => {
      body.call(frame, [p.re, p.im, p.tables, p.scratch]);
      body.set(p.re, i32.add(p.re, p.stride));
      body.set(p.im, i32.add(p.im, p.stride));
    });
  });
  return { plan, bytes: assembler.bytes(), tables: tables.bytes(), scratchBytes };
}

/** Adds the transform of one frame to a module; its tables go to `tables`. */
export function defineFft(assembler: Assembler, { plan, tables }: { plan: WasmFftPlan; tables: Tables }): DefinedFft {
  const lanes = lanesOf(plan.layout.precision);
  const rows = defineRows(assembler, { plan, tables, lanes });
  const columns = defineColumns(assembler, { plan, tables, lanes });
  const axes = [rows, columns].filter((axis) => axis !== undefined);
  const frame = assembler.define({ name: "fft_frame", params: AXIS_PARAMS }, (body, p) => {
    for (const axis of axes) body.call(axis.handle, [p.re, p.im, p.tables, p.scratch]);
  });
  return { frame, scratchBytes: Math.max(VECTOR_BYTES, ...axes.map((axis) => axis.scratchBytes)) };
}

/** Binds a generated module to a memory that holds the tables at `tablesAt`, with scratch of its own at `scratchAt`. */
export function instantiateWasmFft(module: WebAssembly.Module, { memory, tablesAt, scratchAt }: {
  memory: WebAssembly.Memory;
  tablesAt: number;
  scratchAt: number;
}): WasmFft {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const fft = exports["fft"] as (
    re: number,
    im: number,
    tables: number,
    scratch: number,
    frames: number,
    stride: number,
  ) => void;
  const run = (re: number, im: number, { frames, stride }: { frames: number; stride: number }) => {
    if (frames > 0) fft(re, im, tablesAt, scratchAt, frames, stride);
  };
  const one = { frames: 1, stride: 0 };
  return {
    forward: (re, im, batch = one) => run(re, im, batch),
    inverse: (re, im, batch = one) => run(im, re, batch),
  };
}

interface Axis {
  readonly handle: FunctionHandle;
  readonly scratchBytes: number;
}

interface Context {
  readonly plan: WasmFftPlan;
  readonly tables: Tables;
  readonly lanes: Lanes;
}

function defineRows(assembler: Assembler, { plan, tables, lanes }: Context): Axis | undefined {
  const { layout, rows } = plan;
  if (layout.cols === 1) return undefined;
  const pitch = layout.pitch * lanes.bytes;
  if (rows.inline) {
    const shape = { name: "rows", radices: rows.radices, batch: rows.vectors, rows: layout.rows, pitch };
    const handle = defineInlineRows(assembler, { lanes, tables, rows: shape });
    return { handle, scratchBytes: inlineScratchBytes(shape, lanes) };
  }
  const stride = rows.vectors * VECTOR_BYTES;
  const room = layout.pitch;
  const planes = rows.bluestein ? { inStride: stride, outStride: stride } : undefined;
  const line = defineAxisLine(assembler, { axis: rows, tables, lanes, name: "row_line", room, planes });
  const plane = linePlaneBytes({ room, vectors: rows.vectors });
  const order = rows.bluestein ? undefined : storageOrder(rows.radices);
  const shape = { ...rows, name: "rows", line: line.handle, order, plane, paddedRows: layout.paddedRows, pitch };
  const handle = defineTransposedRows(assembler, { lanes, tables, rows: shape });
  return { handle, scratchBytes: rows.bluestein ? 2 * plane + line.scratchBytes : line.scratchBytes };
}

function defineColumns(assembler: Assembler, { plan, tables, lanes }: Context): Axis | undefined {
  const { layout, columns } = plan;
  if (layout.rows === 1) return undefined;
  const pitch = layout.pitch * lanes.bytes;
  const line = defineAxisLine(assembler, {
    axis: columns,
    tables,
    lanes,
    name: "column_line",
    room: layout.rows,
    planes: { inStride: pitch, outStride: pitch },
  });
  const widest = columns.vectors * VECTOR_BYTES;
  const handle = assembler.define({ name: "columns", params: AXIS_PARAMS }, (body, p) => {
    const some = (width: number) => {
      body.call(line.handle, [p.re, p.im, p.re, p.im, i32.const(width), p.tables, p.scratch]);
      body.advance(p.re, width);
      body.advance(p.im, width);
    };
    const whole = Math.floor(pitch / widest);
    if (whole > 0) body.repeat(whole, () => some(widest));
    if (pitch % widest > 0) some(pitch % widest);
  });
  return { handle, scratchBytes: line.scratchBytes };
}

function defineAxisLine(assembler: Assembler, { axis, tables, lanes, name, room, planes }: {
  axis: AxisPlan;
  tables: Tables;
  lanes: Lanes;
  name: string;
  room: number;
  planes: { inStride: number; outStride: number } | undefined;
}): Axis {
  const { radices, vectors, length } = axis;
  if (!axis.bluestein || planes === undefined) {
    const line = { name, radices, vectors, room, planes };
    return { handle: defineLine(assembler, { lanes, tables, line }), scratchBytes: lineScratchBytes(line) };
  }
  const line = { name, radices, vectors, room: radices.reduce((a, b) => a * b, 1), planes, length };
  return { handle: defineBluesteinLine(assembler, { lanes, tables, line }), scratchBytes: bluesteinScratchBytes(line) };
}
