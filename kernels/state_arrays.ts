/** Arrays of a state on their way to a device and from it: piece by piece, because waves may be larger than what memory is left. */

import { type DType, type ElementArray, isComplex, type NdArray, newArray, sizeOf } from "./nd_array.ts";

/** What an array is apart from its numbers. */
export interface ArrayForm {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Takes the numbers of an array in their order. */
export interface ArrayPieces {
  /** A piece is used before `write` returns. */
  write(piece: ElementArray): void;
  /** All numbers were written. */
  end(): void;
}

/** Takes arrays one after the other. */
export interface ArraySink {
  begin(name: string, form: ArrayForm): ArrayPieces;
}

/** An array that is read by range. */
export interface ArraySource extends ArrayForm {
  /** Numbers in all, two for each complex element. */
  readonly length: number;
  /** Fills `into`, which has the type that `newArray` gives for `dtype`, with the numbers from `first` on. */
  readInto(first: number, into: ElementArray): void;
}

/** An array that is held, or read by range. */
export type LoadedArray = NdArray | ArraySource;

/** Bytes of a piece: few enough to add little to what a run takes, enough that calls cost nothing. */
export const PIECE_BYTES = 2 ** 20;

/** Copies what `fill` puts into a sink. */
export async function collectArrays(
  fill: (sink: ArraySink) => void | Promise<void>,
): Promise<Record<string, NdArray>> {
  const arrays: Record<string, NdArray> = {};
  await fill({
    begin(name, { dtype, shape }) {
      const data = newArray(dtype, numbersIn({ dtype, shape }));
      let at = 0;
      return {
        write(piece) {
          (data as Float64Array).set(piece as Float64Array, at);
          at += piece.length;
        },
        end: () => void (arrays[name] = { dtype, shape, data }),
      };
    },
  });
  return arrays;
}

/** Puts an array into a sink. */
export function putArray(sink: ArraySink, name: string, array: LoadedArray): void {
  const { dtype, shape } = array;
  const pieces = sink.begin(name, { dtype, shape });
  if ("data" in array) pieces.write(array.data);
  else for (const { piece } of piecesOf(array)) pieces.write(piece);
  pieces.end();
}

/** The numbers of an array in their order, and where each piece begins. A piece lasts until the next. */
export function* piecesOf(array: ArraySource): Iterable<{ readonly first: number; readonly piece: ElementArray }> {
  const { dtype, length } = array;
  const one = newArray(dtype, 1).BYTES_PER_ELEMENT;
  const room = newArray(dtype, Math.min(length, PIECE_BYTES / one));
  for (let first = 0; first < length; first += room.length) {
    const piece = room.subarray(0, length - first);
    array.readInto(first, piece);
    yield { first, piece };
  }
}

/** An array to be read by range. */
export function sourceOf(array: LoadedArray): ArraySource {
  if (!("data" in array)) return array;
  const { dtype, shape, data } = array;
  return {
    dtype,
    shape,
    length: data.length,
    readInto: (first, into) => (into as Float64Array).set((data as Float64Array).subarray(first, first + into.length)),
  };
}

/** An array as a value: itself if it is one, else a copy of all its numbers. */
export function heldArray(array: LoadedArray): NdArray {
  if ("data" in array) return array;
  const { dtype, shape, length } = array;
  const data = newArray(dtype, length);
  array.readInto(0, data);
  return { dtype, shape, data };
}

/** Fills an array of another type, or of the same, with numbers from `first` on. Changes `into`. */
export function readNumbers(into: ElementArray, first: number, source: ArraySource): void {
  const own = newArray(source.dtype, 0);
  if (own.constructor === into.constructor) return source.readInto(first, into);
  const numbers = newArray(source.dtype, into.length);
  source.readInto(first, numbers);
  (into as Float64Array).set(numbers as Float64Array);
}

/** Numbers of an array of this form. */
export function numbersIn(form: ArrayForm): number {
  return (isComplex(form) ? 2 : 1) * sizeOf(form.shape);
}
