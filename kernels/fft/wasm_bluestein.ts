/**
 * Lines of any length, as a convolution of a length that has small factors: `X_k = c_k sum_j (x_j c_j) conj(c)_(k - j)` with the
 * chirp `c_j = exp(-pi i j^2 / N)`.
 * @see Bluestein, IEEE Transactions on Audio and Electroacoustics 18 (1970) 451, 10.1109/TAU.1970.1162132
 */

import type { Assembler } from "../wasm/assembler.ts";
import { type I32, i32, v128 } from "../wasm/expressions.ts";
import type { FunctionBody, FunctionHandle } from "../wasm/function_body.ts";
import { type Lanes, VECTOR_BYTES } from "../wasm/lanes.ts";
import { createFft2 } from "./fft.ts";
import { complexLanes, multiply, plainLanes } from "./wasm_butterfly.ts";
import { defineLine, LINE_PARAMS, linePlaneBytes, lineScratchBytes, type WideLine } from "./wasm_line.ts";
import { type Tables, unitRoot } from "./wasm_tables.ts";

/** A line of `length` elements whose convolution has the stages of `radices`, and `room` for its length. */
export interface BluesteinLine extends WideLine {
  readonly length: number;
  readonly planes: { readonly inStride: number; readonly outStride: number };
}

/** Bytes of scratch: the padded line and what its transform needs. */
export function bluesteinScratchBytes(line: Pick<WideLine, "room" | "vectors">): number {
  return 2 * lineScratchBytes(line);
}

/** Adds a function with LINE_PARAMS that transforms lines of `line.length`, unscaled, sign -1. */
export function defineBluesteinLine(assembler: Assembler, { lanes, tables, line }: {
  lanes: Lanes;
  tables: Tables;
  line: BluesteinLine;
}): FunctionHandle {
  const { length, radices, vectors } = line;
  const padded = radices.reduce((a, b) => a * b, 1);
  const stride = vectors * VECTOR_BYTES;
  const plane = linePlaneBytes(line);
  const inner = defineLine(assembler, {
    lanes,
    tables,
    line: {
      name: `${line.name}_convolution`,
      radices,
      vectors,
      room: padded,
      planes: { inStride: stride, outStride: stride },
    },
  });
  const chirp = chirpOf(length);
  const chirpAt = tables.addReal(chirp);
  const kernelAt = tables.addReal(kernelOf(chirp, { length, padded }));
  const factorBytes = 2 * lanes.bytes;

  return assembler.define({ name: line.name, params: LINE_PARAMS }, (body, p) => {
    const { width, tables: tablesAt, scratch } = p;
    const imaginary = body.keep(i32.add(scratch, i32.const(plane)));
    const innerScratch = body.keep(i32.add(scratch, i32.const(2 * plane)));
    const product = (shape: { factors: number; count: number; from: Place; to: Place }) =>
      multiplyElements(body, { lanes, width, tablesAt, factorBytes, ...shape });
    const planes = { re: scratch, im: imaginary, stride };

    product({
      factors: chirpAt,
      count: length,
      from: { re: p.inRe, im: p.inIm, stride: line.planes.inStride },
      to: planes,
    });
    for (const start of [scratch, imaginary]) {
      body.clear(i32.add(start, i32.const(length * stride)), i32.const((padded - length) * stride));
    }
    body.call(inner, [scratch, imaginary, scratch, imaginary, width, tablesAt, innerScratch]);
    product({ factors: kernelAt, count: padded, from: planes, to: planes });
    // Planes exchanged: the inverse transform.
    body.call(inner, [imaginary, scratch, imaginary, scratch, width, tablesAt, innerScratch]);
    product({
      factors: chirpAt,
      count: length,
      from: planes,
      to: { re: p.outRe, im: p.outIm, stride: line.planes.outStride },
    });
  });
}

interface Place {
  readonly re: I32;
  readonly im: I32;
  readonly stride: number;
}

/** Element by element: `to = from * factor`, one factor for all lines. */
function multiplyElements(body: FunctionBody, { lanes, width, tablesAt, factorBytes, factors, count, from, to }: {
  lanes: Lanes;
  width: I32;
  tablesAt: I32;
  factorBytes: number;
  factors: number;
  count: number;
  from: Place;
  to: Place;
}): void {
  body.scope(() => {
    const factorAt = body.keep(i32.add(tablesAt, i32.const(factors)));
    const starts = [from.re, from.im, to.re, to.im].map((address) => body.keep(address));
    body.repeat(count, () => {
      const w = { re: body.keep(lanes.loadSplat(factorAt)), im: body.keep(lanes.loadSplat(factorAt, lanes.bytes)) };
      const [fromRe, fromIm, toRe, toIm] = starts.map((start) => body.keep<"i32">(start));
      const move = [fromRe!, fromIm!, toRe!, toIm!].map((pointer) => [pointer, VECTOR_BYTES] as const);
      body.sweep({ move, until: body.keep(i32.add(fromRe!, width)) }, () => {
        const x = complexLanes(body.keep(v128.load(fromRe!)), body.keep(v128.load(fromIm!)));
        const z = plainLanes(multiply(body, { lanes, z: x, w }), lanes);
        body.storeV128(toRe!, z.re);
        body.storeV128(toIm!, z.im);
      });
      starts.forEach((start, i) => body.advance(start, i < 2 ? from.stride : to.stride));
      body.advance(factorAt, factorBytes);
    });
  });
}

/** exp(-pi i j^2 / N), j^2 reduced exactly. */
function chirpOf(length: number): Float64Array {
  const values = new Float64Array(2 * length);
  for (let j = 0; j < length; j++) {
    const { re, im } = unitRoot((j * j) % (2 * length), 2 * length);
    values[2 * j] = re;
    values[2 * j + 1] = im;
  }
  return values;
}

/** The transform of the conjugate chirp, wrapped around, over the padded length: the inverse's factor is in it. */
function kernelOf(chirp: Float64Array, { length, padded }: { length: number; padded: number }): Float64Array {
  const values = new Float64Array(2 * padded);
  for (let j = 0; j < length; j++) {
    for (const at of [j, (padded - j) % padded]) {
      values[2 * at] = chirp[2 * j]! / padded;
      values[2 * at + 1] = -chirp[2 * j + 1]! / padded;
    }
  }
  createFft2(1, padded).forward(values);
  return values;
}
