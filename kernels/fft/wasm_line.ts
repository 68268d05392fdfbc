/**
 * Transforms along one axis, many lines side by side: an element of the line is a run of vectors, so that no lane ever meets
 * another. Decimation in frequency: the first stage reads the lines where they lie, those between work in place on scratch, the
 * last writes each output where it belongs. A line that is longer than the nearest cache is finished part by part after its
 * first stage.
 * @see Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), sections 1.9 and 2.4
 */

import type { Assembler } from "../wasm/assembler.ts";
import { type I32, i32 } from "../wasm/expressions.ts";
import type { FunctionHandle } from "../wasm/function_body.ts";
import { type Lanes, VECTOR_BYTES } from "../wasm/lanes.ts";
import { defineStage, type Side, type StageShape } from "./wasm_stage.ts";
import { roundUp, type Tables } from "./wasm_tables.ts";

/** Lines of one length and layout. Strides are in bytes, from an element to the next. */
export interface WideLine {
  readonly name: string;
  readonly radices: readonly number[];
  /** The most vectors side by side. */
  readonly vectors: number;
  /** Elements that a plane of scratch has room for: the length or more. */
  readonly room: number;
  /** Where the lines lie; undefined if they are put into scratch by the caller and stay there, in storage order. */
  readonly planes: { readonly inStride: number; readonly outStride: number } | undefined;
}

/** Parameters of a line function: input and output planes (they may be the same), bytes side by side, tables, scratch. */
export const LINE_PARAMS = {
  inRe: "i32",
  inIm: "i32",
  outRe: "i32",
  outIm: "i32",
  width: "i32",
  tables: "i32",
  scratch: "i32",
} as const;

/** Planes whose distance is a multiple of this compete for the same places in a first-level cache. */
const CACHE_WAY_BYTES = 4096;

/** Bytes from the real to the imaginary plane of scratch. */
export function linePlaneBytes({ room, vectors }: Pick<WideLine, "room" | "vectors">): number {
  return separatePlanes(room * vectors * VECTOR_BYTES);
}

/** Bytes of scratch a line needs. */
export function lineScratchBytes(line: Pick<WideLine, "room" | "vectors">): number {
  return 2 * linePlaneBytes(line);
}

/** A distance between planes of at least `bytes`; half a cache way off a whole number of ways where it is large. */
export function separatePlanes(bytes: number): number {
  return bytes < 2 * CACHE_WAY_BYTES
    ? bytes
    : roundUp(bytes + CACHE_WAY_BYTES / 2, CACHE_WAY_BYTES) - CACHE_WAY_BYTES / 2;
}

/** Adds a function with LINE_PARAMS that transforms lines, unscaled, sign -1. */
export function defineLine(assembler: Assembler, { lanes, tables, line }: {
  lanes: Lanes;
  tables: Tables;
  line: WideLine;
}): FunctionHandle {
  const { radices, vectors, planes } = line;
  const length = radices.reduce((a, b) => a * b, 1);
  const stride = vectors * VECTOR_BYTES;
  const scratch: Side = { stride, plane: linePlaneBytes(line) };
  // After the first stage the blocks are independent: finishing one before the next keeps to the nearest cache.
  const parts = radices.length > 2 ? radices[0]! : 1;
  const shapes = stageShapes(radices, parts);
  const order = storageOrder(radices.slice(0, -1)).map((element) => element * (planes?.outStride ?? 0));
  const orderOffset = planes === undefined ? 0 : tables.addIntegers(order);
  const isFirst = (shape: StageShape) => planes !== undefined && shape.index === 0;
  const isLast = (shape: StageShape) => planes !== undefined && shape.index === radices.length - 1;
  const stages = shapes.map((shape) =>
    defineStage(assembler, {
      lanes,
      tables,
      stage: {
        ...shape,
        name: `${line.name}_stage${shape.index}`,
        input: isFirst(shape) ? { stride: planes!.inStride, plane: undefined } : scratch,
        output: isLast(shape) ? { stride: planes!.outStride, plane: undefined } : scratch,
        inPlace: !isFirst(shape) && !isLast(shape),
        ordered: isLast(shape) && !isFirst(shape),
        outStep: isLast(shape) ? length / shape.radix : shape.step,
      },
    })
  );

  return assembler.define({ name: line.name, params: LINE_PARAMS }, (body, p) => {
    const orders = i32.add(p.tables, i32.const(orderOffset));
    const run = (shape: StageShape, at: I32, orderAt: I32) => {
      const input = isFirst(shape) ? [p.inRe, p.inIm] : [at, at];
      const output = isLast(shape) ? [p.outRe, p.outIm] : [at, at];
      body.call(stages[shape.index]!, [...input, ...output, p.width, p.tables, orderAt]);
    };
    run(shapes[0]!, p.scratch, orders);
    if (radices.length === 1) return;
    const at = body.keep<"i32">(p.scratch);
    const orderAt = body.keep(orders);
    body.repeat(parts, () => {
      for (const shape of shapes.slice(1)) run(shape, at, orderAt);
      body.advance(at, length * stride / parts);
      body.advance(orderAt, 4 * order.length / parts);
    });
  });
}

/** Radices, block sizes and numbers of blocks of the stages; from the second on for one of `parts` parts. */
function stageShapes(radices: readonly number[], parts: number): StageShape[] {
  let block = radices.reduce((a, b) => a * b, 1);
  let blocks = 1;
  return radices.map((radix, index) => {
    const shape = { index, radix, block, step: block / radix, blocks: index === 0 ? 1 : blocks / parts };
    block /= radix;
    blocks *= radix;
    return shape;
  });
}

/** Which output lies at each place after stages of these radices in place: the digits of the place in reverse. */
export function storageOrder(radices: readonly number[]): number[] {
  let order = [0];
  let weight = 1;
  for (const radix of radices) {
    const w = weight;
    order = order.flatMap((base) => Array.from({ length: radix }, (_, digit) => base + w * digit));
    weight *= radix;
  }
  return order;
}
