/** Cutting arrays into boxes that are read or written one after the other, so that large data need little memory beside themselves. */

import { sizeOf } from "../../kernels/nd_array.ts";

/** A part of an array: `count` elements from `offset` on, per axis. */
export interface Box {
  readonly offset: readonly number[];
  readonly count: readonly number[];
}

/** Of what an array is made. */
export interface BoxOptions {
  readonly elementBytes: number;
  /** Chunk shape in the file, where the array is stored in chunks. */
  readonly chunks?: readonly number[] | null | undefined;
}

/**
 * Bytes of a box. The heap of the HDF5 library never shrinks and takes a box and what compression needs for it: larger boxes would
 * stay as memory that nobody uses, smaller ones cost calls.
 */
export const BOX_BYTES = 1 << 20;

/** Chunks up to this size are handled as a whole, because every part of one costs decompressing all of it. */
const MOST_CHUNK_BYTES = 1 << 26;

/**
 * Cuts an array of `shape` into boxes of about BOX_BYTES, whole chunks where there are chunks. In memory they follow one another
 * without gaps, in this order.
 */
export function* boxesOf(shape: readonly number[], { elementBytes, chunks }: BoxOptions): Generator<Box> {
  if (sizeOf(shape) === 0) return;
  if (shape.length === 0) return yield { offset: [], count: [] };
  const chunkRows = (axis: number) => Math.min(shape[axis]!, chunks?.[axis] ?? 1);
  const rowBytes = (axis: number) => sizeOf(shape.slice(axis + 1)) * elementBytes;
  let axis = 0;
  while (axis < shape.length - 1 && chunkRows(axis) === 1 && rowBytes(axis) > BOX_BYTES) axis++;
  const step = rowsPerBox(rowBytes(axis), chunkRows(axis));
  const behind = shape.slice(axis + 1);
  for (const place of placesOf(shape.slice(0, axis))) {
    for (let row = 0; row < shape[axis]!; row += step) {
      const rows = Math.min(step, shape[axis]! - row);
      yield { offset: [...place, row, ...behind.map(() => 0)], count: [...place.map(() => 1), rows, ...behind] };
    }
  }
}

function rowsPerBox(rowBytes: number, chunkRows: number): number {
  const rows = Math.max(1, Math.floor(BOX_BYTES / rowBytes));
  if (rows >= chunkRows) return rows - (rows % chunkRows);
  return Math.min(chunkRows, Math.max(1, Math.floor(MOST_CHUNK_BYTES / rowBytes)));
}

/** All places of an array of `shape`, row-major; one empty place for no axes. */
function* placesOf(shape: readonly number[]): Generator<number[]> {
  const [length, ...rest] = shape;
  if (length === undefined) return yield [];
  for (let i = 0; i < length; i++) for (const place of placesOf(rest)) yield [i, ...place];
}
