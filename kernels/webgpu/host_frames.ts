/** Frames that are not on the GPU: measured ones, which are read when they are needed, and kept ones, which are held here. */

import type { MeasuredFrames } from "../measured.ts";
import type { BlockCut } from "./gpu_memory.ts";

/** Records of frames, or of pods, of one block on the host. */
export interface HostFrames {
  /** Visits `count` records from `first` on, piece by piece: values, and the record that they begin with. Values last until the next. */
  visit(
    records: { readonly first: number; readonly count: number },
    put: (values: Float32Array | Uint8Array, first: number) => void,
  ): void;
  /** Takes records from `first` on. */
  take(first: number, values: Float32Array): void;
}

/** Bytes that are read at a time. */
const PIECE_BYTES = 2 ** 24;

/** Measured intensities, one record per frame. */
export function measuredIntensities(measured: MeasuredFrames): HostFrames {
  const { points } = measured;
  const together = Math.max(1, Math.floor(PIECE_BYTES / (4 * points)));
  return readOnly(together, (first, count) => {
    const values = new Float32Array(count * points);
    measured.readDiffraction(first, values);
    return values;
  });
}

/** Measured masks, one record per frame, padded to whole words so that every record can be written on its own. */
export function measuredMasks(measured: MeasuredFrames): HostFrames {
  const { points } = measured;
  const stride = maskStride(points);
  const together = Math.max(1, Math.floor(PIECE_BYTES / stride));
  return readOnly(together, (first, count) => {
    const masks = new Uint8Array(count * points);
    measured.readMask(first, masks);
    if (stride === points) return masks;
    const padded = new Uint8Array(count * stride);
    for (let i = 0; i < count; i++) padded.set(masks.subarray(i * points, (i + 1) * points), i * stride);
    return padded;
  });
}

/** Bytes from one mask to the next. */
export function maskStride(points: number): number {
  return 4 * Math.ceil(points / 4);
}

/**
 * Values that begin as `initial`, which is not changed, or as zeros where it is null. Both begin with the block's first record; only the
 * chunks that pass through the GPU are held.
 */
export function keptFrames(
  { chunks, framesPerChunk, resident }: BlockCut,
  { initial, perFrame, numbers }: {
    readonly initial: Float32Array | null;
    readonly perFrame: number;
    /** Numbers of a record. */
    readonly numbers: number;
  },
): HostFrames {
  const frameNumbers = numbers * perFrame;
  const parts = chunks.map(({ first, frames }) => ({
    values: first < resident ? null : initial?.subarray(first * frameNumbers, (first + frames) * frameNumbers) ?? null,
    owned: false,
  }));
  /** The chunk of a record, and where it lies there. */
  const find = (record: number) => {
    const index = Math.floor(record / perFrame / framesPerChunk);
    const { first, frames } = chunks[index]!;
    return { part: parts[index]!, at: (record - first * perFrame) * numbers, size: frames * frameNumbers };
  };
  return {
    visit({ first, count }, put) {
      for (let done = 0; done < count;) {
        const { part, at, size } = find(first + done);
        const end = Math.min(size, at + (count - done) * numbers);
        put(part.values === null ? new Float32Array(end - at) : part.values.subarray(at, end), first + done);
        done += (end - at) / numbers;
      }
    },
    take(first, values) {
      for (let done = 0; done < values.length;) {
        const { part, at, size } = find(first + done / numbers);
        const end = Math.min(size, at + values.length - done);
        if (!part.owned) {
          // What a state holds is not ours to change.
          part.values = part.values === null || end - at === size ? new Float32Array(size) : part.values.slice();
          part.owned = true;
        }
        part.values!.set(values.subarray(done, done + end - at), at);
        done += end - at;
      }
    },
  };
}

function readOnly(
  together: number,
  read: (first: number, count: number) => Float32Array | Uint8Array,
): HostFrames {
  return {
    visit({ first, count }, put) {
      for (let done = 0; done < count; done += together) {
        put(read(first + done, Math.min(together, count - done)), first + done);
      }
    },
    take() {
      throw new TypeError("Cannot change measured frames");
    },
  };
}
