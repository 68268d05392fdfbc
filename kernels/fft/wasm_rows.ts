/**
 * Rows of a plane through the side-by-side line transform: vectors of 4 (2) rows are turned on their side by register transposes,
 * transformed, and turned back. Works for every length; see wasm_rows_inline.ts for the faster way of some.
 */

import type { Assembler } from "../wasm/assembler.ts";
import { i32, v128 } from "../wasm/expressions.ts";
import type { FunctionHandle } from "../wasm/function_body.ts";
import { type Lanes, transpose, VECTOR_BYTES } from "../wasm/lanes.ts";
import type { Tables } from "./wasm_tables.ts";

/** Parameters of a function that transforms all rows, or all columns, of one frame in place. */
export const AXIS_PARAMS = { re: "i32", im: "i32", tables: "i32", scratch: "i32" } as const;

/** Rows in groups of `lanes.count * vectors` through `line`, whose lines lie in scratch, `vectors` vectors to an element. */
export interface TransposedRows {
  readonly name: string;
  readonly length: number;
  readonly vectors: number;
  /** Transforms lines; leaves element `order[n]` of the result at n, or element n at n if there is no order. */
  readonly line: FunctionHandle;
  readonly order: readonly number[] | undefined;
  /** Bytes from the real to the imaginary plane of scratch; bytes of both, after which the line's own scratch begins. */
  readonly plane: number;
  /** Rows with their padding, a multiple of the lanes; bytes from a row to the next, a multiple of a vector. */
  readonly paddedRows: number;
  readonly pitch: number;
}

/** Adds a function with AXIS_PARAMS that transforms every row. */
export function defineTransposedRows(assembler: Assembler, { lanes, tables, rows }: {
  lanes: Lanes;
  tables: Tables;
  rows: TransposedRows;
}): FunctionHandle {
  const { pitch, vectors, line, plane } = rows;
  const groups = rows.paddedRows / lanes.count;
  const places = rows.order === undefined ? undefined : tables.addIntegers(placesOf(rows, lanes));
  const counts = [vectors, groups % vectors].filter((count) => count > 0 && count <= groups);
  const turns = new Map(counts.map((count) => [count, {
    lift: defineLift(assembler, { lanes, rows, count }),
    lower: defineLower(assembler, { lanes, rows, count, places }),
  }]));

  return assembler.define({ name: rows.name, params: AXIS_PARAMS }, (body, p) => {
    const turnedIm = body.keep(i32.add(p.scratch, i32.const(plane)));
    const own = body.keep(i32.add(p.scratch, i32.const(2 * plane)));
    const some = (count: number) => {
      const { lift, lower } = turns.get(count)!;
      body.call(lift, [p.re, p.scratch, p.tables]);
      body.call(lift, [p.im, turnedIm, p.tables]);
      const scratch = rows.order === undefined ? own : p.scratch;
      const planes = [p.scratch, turnedIm, p.scratch, turnedIm];
      body.call(line, [...planes, i32.const(count * VECTOR_BYTES), p.tables, scratch]);
      body.call(lower, [p.re, p.scratch, p.tables]);
      body.call(lower, [p.im, turnedIm, p.tables]);
      body.advance(p.re, count * lanes.count * pitch);
      body.advance(p.im, count * lanes.count * pitch);
    };
    if (groups >= vectors) body.repeat(Math.floor(groups / vectors), () => some(vectors));
    if (groups % vectors > 0) some(groups % vectors);
  });
}

const TURN_PARAMS = { rows: "i32", turned: "i32", tables: "i32" } as const;

interface Turn {
  readonly lanes: Lanes;
  readonly rows: TransposedRows;
  /** Groups of rows in one call. */
  readonly count: number;
}

/** A function that turns groups of rows on their side: element n of all rows goes to n * stride. */
function defineLift(assembler: Assembler, { lanes, rows, count }: Turn): FunctionHandle {
  const { pitch } = rows;
  const stride = rows.vectors * VECTOR_BYTES;
  return assembler.define({ name: `${rows.name}_lift${count}`, params: TURN_PARAMS }, (body, p) => {
    const move = [[p.rows, VECTOR_BYTES], [p.turned, lanes.count * stride]] as const;
    body.sweep({ move, until: body.keep(i32.add(p.rows, i32.const(pitch))) }, () => {
      for (let v = 0; v < count; v++) {
        body.scope(() => {
          const tile = Array.from(
            { length: lanes.count },
            (_, i) => body.keep(v128.load(p.rows, (v * lanes.count + i) * pitch)),
          );
          transpose(body, { lanes, rows: tile }).forEach((vector, i) =>
            body.storeV128(p.turned, vector, { offset: i * stride + v * VECTOR_BYTES })
          );
        });
      }
    });
  });
}

/** The way back, from the places where the line left the elements. */
function defineLower(
  assembler: Assembler,
  { lanes, rows, count, places }: Turn & { places: number | undefined },
): FunctionHandle {
  const { pitch } = rows;
  const stride = rows.vectors * VECTOR_BYTES;
  return assembler.define({ name: `${rows.name}_lower${count}`, params: TURN_PARAMS }, (body, p) => {
    const placeAt = body.keep(i32.add(p.tables, i32.const(places ?? 0)));
    const move = [[p.rows, VECTOR_BYTES], [p.turned, places === undefined ? lanes.count * stride : 0], [
      placeAt,
      4 * lanes.count,
    ]] as const;
    body.sweep({ move, until: body.keep(i32.add(p.rows, i32.const(pitch))) }, () => {
      const from = Array.from(
        { length: lanes.count },
        (_, i) =>
          places === undefined
            ? { address: p.turned, offset: i * stride }
            : { address: body.keep(i32.add(p.turned, i32.load(placeAt, 4 * i))), offset: 0 },
      );
      for (let v = 0; v < count; v++) {
        body.scope(() => {
          const tile = from.map(({ address, offset }) => body.keep(v128.load(address, offset + v * VECTOR_BYTES)));
          transpose(body, { lanes, rows: tile }).forEach((vector, i) =>
            body.storeV128(p.rows, vector, { offset: (v * lanes.count + i) * pitch })
          );
        });
      }
    });
  });
}

/** Bytes from the start of turned rows to each output element; padding comes back as it was. */
function placesOf({ order, length, vectors, pitch }: TransposedRows, lanes: Lanes): number[] {
  const stride = vectors * VECTOR_BYTES;
  const places = Array.from({ length: pitch / lanes.bytes }, (_, n) => n * stride);
  for (let n = 0; n < length; n++) places[order![n]!] = n * stride;
  return places;
}
