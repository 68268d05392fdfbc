/** Some frames of a source as a source of their own. */

import type { NdArray } from "../../kernels/nd_array.ts";
import type { OpenScan, RawFrames } from "../loaders/loader.ts";

/** Numbers of the `count` frames nearest to the middle of all `positions` (frame, 2), in their order. */
export function middleFrames(positions: Float64Array, count: number): number[] {
  const median = (axis: number) => {
    const along = positions.filter((_, i) => i % 2 === axis).sort();
    return along[along.length >> 1]!;
  };
  const [y, x] = [median(0), median(1)];
  const far = (frame: number) => Math.hypot(positions[2 * frame]! - y, positions[2 * frame + 1]! - x);
  const all = Array.from({ length: positions.length / 2 }, (_, frame) => frame);
  return all.sort((a, b) => far(a) - far(b) || a - b).slice(0, count).sort((a, b) => a - b);
}

/**
 * Only `frames` of a source, with their rows of `positions` (frame of the source, 2). Frames that were prepared before may be
 * prepared anew.
 */
export function withFrames(
  scan: OpenScan,
  { frames, positions }: { readonly frames: readonly number[]; readonly positions: Float64Array },
): OpenScan {
  return {
    ...scan,
    prepared: false,
    numFrames: frames.length,
    positions: Float64Array.from(frames.flatMap((frame) => [positions[2 * frame]!, positions[2 * frame + 1]!])),
    frames: (start, stop) => {
      const parts = frames.slice(start, stop).map((frame) => copied(scan.frames(frame, frame + 1)));
      return joined(parts, scan.weight);
    },
    [Symbol.dispose]: () => scan[Symbol.dispose](),
  };
}

/** Frames of a source are valid until its next ones. */
function copied({ data, weights }: RawFrames): RawFrames {
  const copy = (array: NdArray): NdArray => ({ ...array, data: array.data.slice() });
  return { data: copy(data), ...(weights ? { weights: copy(weights) } : {}) };
}

/** A source may give weights with some frames only, where the others have those of all. */
function joined(parts: readonly RawFrames[], common: NdArray | null): RawFrames {
  const data = join(parts.map((part) => part.data));
  if (parts.every(({ weights }) => weights === undefined)) return { data };
  return { data, weights: join(parts.map(({ data, weights }) => weights ?? commonWeights(data, common))) };
}

function commonWeights({ shape }: NdArray, common: NdArray | null): NdArray {
  if (common !== null) {
    return {
      dtype: "uint8",
      shape,
      data: Uint8Array.from(common.data as ArrayLike<number | bigint>, (w) => Number(w) > 0 ? 1 : 0),
    };
  }
  return { dtype: "uint8", shape, data: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1) };
}

function join(arrays: readonly NdArray[]): NdArray {
  const [first] = arrays as [NdArray];
  const Elements = first.data.constructor as new (length: number) => Uint8Array;
  const data = new Elements(arrays.reduce((sum, array) => sum + array.data.length, 0));
  let at = 0;
  for (const array of arrays) {
    data.set(array.data as Uint8Array, at);
    at += array.data.length;
  }
  return { dtype: first.dtype, shape: [arrays.length, ...first.shape.slice(1)], data };
}
