/** Constant tables of a transform - factors and orders - and their places in one piece of memory that all workers read. */

import type { Precision } from "../nd_array.ts";

/** Tables being collected. */
export interface Tables {
  /** Adds real numbers in the transform's precision; gives their offset in bytes from the start of the tables. */
  addReal(values: Float64Array): number;
  /** Adds integers of 32 bits; gives their offset. */
  addIntegers(values: readonly number[]): number;
  /** All tables, as bytes. */
  bytes(): Uint8Array<ArrayBuffer>;
}

const ALIGNMENT = 64;

/** No tables yet. */
export function createTables(precision: Precision): Tables {
  const parts: { offset: number; bytes: Uint8Array }[] = [];
  let end = 0;

  function add(array: Float32Array | Float64Array | Int32Array): number {
    const offset = end;
    parts.push({ offset, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
    end = roundUp(end + array.byteLength, ALIGNMENT);
    return offset;
  }

  return {
    addReal: (values) => add(precision === "single" ? new Float32Array(values) : values),
    addIntegers: (values) => add(new Int32Array(values)),
    bytes() {
      const all = new Uint8Array(end);
      for (const { offset, bytes } of parts) all.set(bytes, offset);
      return all;
    },
  };
}

/** The smallest multiple of `unit` that is not below `value`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** `exp(-2 pi i j / n)`, reduced to the first octant, so that multiples of an eighth turn are exact. */
export function unitRoot(j: number, n: number): { re: number; im: number } {
  const eighths = 8 * (j % n);
  const octant = Math.floor(eighths / n);
  const rest = octant % 2 === 1 ? (octant + 1) * n - eighths : eighths - octant * n;
  const angle = Math.PI * rest / (4 * n);
  const [c, s] = octant % 2 === 1 ? [Math.sin(angle), Math.cos(angle)] : [Math.cos(angle), Math.sin(angle)];
  const turned = [[c, -s], [-s, -c], [-c, s], [s, c]][octant >> 1]!;
  return { re: turned[0]!, im: turned[1]! };
}
