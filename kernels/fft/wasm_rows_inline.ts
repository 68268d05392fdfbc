/**
 * Rows of a plane without turning them: every stage but the last has vectors of neighbouring elements and vectors of factors. The
 * last stage takes one small block from each of 4 (2) parts of the row, transposes them in registers, and so has neighbouring
 * outputs in a vector. For lengths whose first and last radix are multiples of the lanes. The rows of a batch share the loads of
 * factors.
 */

import type { Assembler } from "../wasm/assembler.ts";
import { i32, v128 } from "../wasm/expressions.ts";
import type { FunctionHandle } from "../wasm/function_body.ts";
import { type Lanes, transpose, VECTOR_BYTES } from "../wasm/lanes.ts";
import { butterfly, complexLanes, multiply, plainLanes } from "./wasm_butterfly.ts";
import { storageOrder } from "./wasm_line.ts";
import { AXIS_PARAMS } from "./wasm_rows.ts";
import { type Tables, unitRoot } from "./wasm_tables.ts";

/** Rows of `length` = product of the radices: at least two of them, the first and the last multiples of the lanes. */
export interface InlineRows {
  readonly name: string;
  readonly radices: readonly number[];
  /** Rows that are transformed together. */
  readonly batch: number;
  readonly rows: number;
  /** Bytes from a row to the next. */
  readonly pitch: number;
}

const STAGE_PARAMS = { inRe: "i32", inIm: "i32", outRe: "i32", outIm: "i32", rows: "i32", tables: "i32" } as const;

/** Bytes of scratch. */
export function inlineScratchBytes(
  { radices, batch }: { radices: readonly number[]; batch: number },
  lanes: Lanes,
): number {
  return 2 * batch * radices.reduce((a, b) => a * b, 1) * lanes.bytes;
}

/** Adds a function with AXIS_PARAMS that transforms every row. */
export function defineInlineRows(assembler: Assembler, { lanes, tables, rows }: {
  lanes: Lanes;
  tables: Tables;
  rows: InlineRows;
}): FunctionHandle {
  const { radices, batch, pitch } = rows;
  const length = radices.reduce((a, b) => a * b, 1);
  const plane = batch * length * lanes.bytes;
  let block = length;
  const stages = radices.slice(0, -1).map((radix, index) => {
    const stage = defineInlineStage(assembler, {
      lanes,
      tables,
      name: `${rows.name}_stage${index}`,
      radix,
      block,
      blocksPerRow: length / block,
      inPitch: index === 0 ? pitch : block * lanes.bytes,
      plane,
    });
    block /= radix;
    return stage;
  });
  const last = defineLastStage(assembler, { lanes, tables, name: `${rows.name}_last`, radices, pitch, plane });

  return assembler.define({ name: rows.name, params: AXIS_PARAMS }, (body, p) => {
    const some = (count: number) => {
      const rest = [i32.const(count), p.tables];
      stages.forEach((stage, index) => {
        const input = index === 0 ? [p.re, p.im] : [p.scratch, p.scratch];
        body.call(stage, [...input, p.scratch, p.scratch, ...rest]);
      });
      body.call(last, [p.scratch, p.scratch, p.re, p.im, ...rest]);
      body.advance(p.re, count * pitch);
      body.advance(p.im, count * pitch);
    };
    const whole = Math.floor(rows.rows / batch);
    if (whole > 0) body.repeat(whole, () => some(batch));
    if (rows.rows % batch > 0) some(rows.rows % batch);
  });
}

interface InlineStage {
  readonly lanes: Lanes;
  readonly tables: Tables;
  readonly name: string;
  readonly radix: number;
  readonly block: number;
  readonly blocksPerRow: number;
  /** Bytes from a block of the input to the next. */
  readonly inPitch: number;
  readonly plane: number;
}

function defineInlineStage(assembler: Assembler, stage: InlineStage): FunctionHandle {
  const { lanes, radix, block, plane } = stage;
  const stepBytes = (block / radix) * lanes.bytes;
  const blockBytes = block * lanes.bytes;
  const inPlace = stage.blocksPerRow > 1;
  const factorsAt = stage.tables.addReal(vectorTwiddles({ radix, block, lanes }));
  return assembler.define({ name: stage.name, params: STAGE_PARAMS }, (body, p) => {
    const dft = butterfly(body, { lanes, radix });
    const factorAt = body.keep(i32.add(p.tables, i32.const(factorsAt)));
    const all = body.keep(i32.mul(p.rows, i32.const(stage.blocksPerRow * stage.inPitch)));
    body.repeat(block / radix / lanes.count, () => {
      const factors = Array.from({ length: radix - 1 }, (_, j) => ({
        re: body.keep(v128.load(factorAt, 2 * j * VECTOR_BYTES)),
        im: body.keep(v128.load(factorAt, (2 * j + 1) * VECTOR_BYTES)),
      }));
      const fromRe = body.keep<"i32">(p.inRe);
      const fromIm = inPlace ? fromRe : body.keep<"i32">(p.inIm);
      const to = inPlace ? fromRe : body.keep<"i32">(p.outRe);
      const move = [...new Set([fromRe, fromIm, to])].map((pointer) =>
        [pointer, pointer === to ? blockBytes : stage.inPitch] as const
      );
      body.sweep({ move, until: body.keep(i32.add(fromRe, all)) }, () => {
        dft((k) => {
          const offset = k * stepBytes;
          return complexLanes(
            body.keep(v128.load(fromRe, offset)),
            body.keep(v128.load(fromIm, offset + (inPlace ? plane : 0))),
          );
        }, (j, value) => {
          const w = factors[j - 1];
          const z = plainLanes(w === undefined ? value : multiply(body, { lanes, z: value, w }), lanes);
          body.storeV128(to, z.re, { offset: j * stepBytes });
          body.storeV128(to, z.im, { offset: j * stepBytes + plane });
        });
      });
      for (const pointer of inPlace ? [p.inRe] : [p.inRe, p.inIm, p.outRe]) body.advance(pointer, VECTOR_BYTES);
      body.advance(factorAt, 2 * (radix - 1) * VECTOR_BYTES);
    });
  });
}

function defineLastStage(assembler: Assembler, { lanes, tables, name, radices, pitch, plane }: {
  lanes: Lanes;
  tables: Tables;
  name: string;
  radices: readonly number[];
  pitch: number;
  plane: number;
}): FunctionHandle {
  const length = radices.reduce((a, b) => a * b, 1);
  const radix = radices.at(-1)!;
  const first = radices[0]!;
  const blockBytes = radix * lanes.bytes;
  const partBytes = (length / first) * lanes.bytes;
  const inner = length / first / radix;
  const outStep = (length / radix) * lanes.bytes;
  // Blocks whose first digit is 0 in storage order; those of the other first digits lie `partBytes` apart and write next to them.
  const order = storageOrder(radices.slice(0, -1)).slice(0, inner).map((element) => element * lanes.bytes);
  const orderAt = tables.addIntegers(order);
  return assembler.define({ name, params: STAGE_PARAMS }, (body, p) => {
    const dft = butterfly(body, { lanes, radix });
    const until = body.keep(i32.add(p.inRe, i32.mul(p.rows, i32.const(length * lanes.bytes))));
    const move = [[p.inRe, length * lanes.bytes], [p.outRe, pitch], [p.outIm, pitch]] as const;
    body.sweep({ move, until }, () => {
      for (let digit = 0; digit < first; digit += lanes.count) {
        body.scope(() => {
          const from = body.keep(i32.add(p.inRe, i32.const(digit * partBytes)));
          const place = body.keep(i32.add(p.tables, i32.const(orderAt)));
          const end = body.keep(i32.add(from, i32.const(inner * blockBytes)));
          body.sweep({ move: [[from, blockBytes], [place, 4]], until: end }, () => {
            const target = body.keep(i32.load(place));
            const toRe = body.keep(i32.add(p.outRe, target));
            const toIm = body.keep(i32.add(p.outIm, target));
            const load = (offset: number) => {
              const elements = [];
              for (let tile = 0; tile < radix; tile += lanes.count) {
                const at = offset + tile * lanes.bytes;
                const parts = Array.from(
                  { length: lanes.count },
                  (_, d) => body.keep(v128.load(from, at + d * partBytes)),
                );
                elements.push(...transpose(body, { lanes, rows: parts }));
              }
              return elements;
            };
            const re = load(0);
            const im = load(plane);
            dft((k) => complexLanes(re[k]!, im[k]!), (j, value) => {
              const z = plainLanes(value, lanes);
              body.storeV128(toRe, z.re, { offset: j * outStep + digit * lanes.bytes });
              body.storeV128(toIm, z.im, { offset: j * outStep + digit * lanes.bytes });
            });
          });
        });
      }
    });
  });
}

/** For each group of neighbouring p: a vector of re and one of im of exp(-2 pi i p j / block), j = 1 .. radix - 1. */
function vectorTwiddles({ radix, block, lanes }: { radix: number; block: number; lanes: Lanes }): Float64Array {
  const values: number[] = [];
  for (let p = 0; p < block / radix; p += lanes.count) {
    for (let j = 1; j < radix; j++) {
      const roots = Array.from({ length: lanes.count }, (_, lane) => unitRoot((p + lane) * j, block));
      values.push(...roots.map((w) => w.re), ...roots.map((w) => w.im));
    }
  }
  return new Float64Array(values);
}
