/**
 * Where prepared frames go: memory as long as they are few, else scratch. All frames share one mask as long as all masks are equal; from
 * the first that differs on each has its own.
 */

import { heldFrames, type MeasuredFrames } from "../../kernels/measured.ts";
import { type Precision, type RealArray, realArray } from "../../kernels/nd_array.ts";
import type { Scratch } from "../../kernels/scratch.ts";

/** Bytes of intensities up to which they are kept in memory. */
export const HELD_BYTES = 4 * 2 ** 20;

/** Takes one frame after the other. */
export interface FrameStore {
  /** Keeps copies of a frame (y, x; photons) and its mask (y, x; 1 = valid); frames come in order from 0. */
  add(values: RealArray, mask: Uint8Array): void;
  /** All frames that were added. */
  finish(): MeasuredFrames;
}

/** What is to be kept. */
export interface FrameStoreOptions {
  readonly frames: number;
  /** Pixels of a frame. */
  readonly points: number;
  readonly precision: Precision;
  /** Opens scratch; frames stay in memory where there is none. */
  readonly scratch?: (() => Scratch) | undefined;
  /** HELD_BYTES if left out. */
  readonly heldBytes?: number;
}

/** A store for `frames` frames. @throws {RangeError} if memory has no room for them and there is no scratch */
export function createFrameStore(o: FrameStoreOptions): FrameStore {
  const bytes = o.frames * o.points * (o.precision === "single" ? 4 : 8);
  const scratch = bytes > (o.heldBytes ?? HELD_BYTES) ? o.scratch?.() : undefined;
  const frames = scratch === undefined ? openHeld(o) : openScratched(o, { scratch, masksAt: bytes });
  let common: Uint8Array | null = null;
  let isCommon = true;
  let count = 0;
  return {
    add(values, mask) {
      common ??= mask.slice();
      if (isCommon && !equal(common, mask)) {
        isCommon = false;
        for (let earlier = 0; earlier < count; earlier++) frames.addMask(earlier, common);
      }
      if (!isCommon) frames.addMask(count, mask);
      frames.addValues(count++, values);
    },
    finish: () => frames.finish(isCommon ? common ?? new Uint8Array(o.points) : null),
  };
}

interface Frames {
  addValues(frame: number, values: RealArray): void;
  addMask(frame: number, mask: Uint8Array): void;
  /** `common` is the mask of all frames, null if they differ. */
  finish(common: Uint8Array | null): MeasuredFrames;
}

function openHeld({ frames, points, precision }: FrameStoreOptions): Frames {
  const diffraction = realArray(frames * points, precision);
  let masks: Uint8Array | null = null;
  return {
    addValues: (frame, values) => diffraction.set(values, frame * points),
    addMask: (frame, mask) => (masks ??= new Uint8Array(frames * points)).set(mask, frame * points),
    finish: (common) => heldFrames({ points, diffraction, mask: common ?? masks! }),
  };
}

function openScratched(
  { frames, points, precision }: FrameStoreOptions,
  { scratch, masksAt }: { readonly scratch: Scratch; readonly masksAt: number },
): Frames {
  const stored = realArray(points, precision);
  const frameBytes = stored.byteLength;
  return {
    addValues(frame, values) {
      stored.set(values);
      scratch.write(frame * frameBytes, bytesOf(stored));
    },
    addMask: (frame, mask) => scratch.write(masksAt + frame * points, mask),
    finish: (common) => ({
      frames,
      points,
      precision,
      maskFrames: common === null ? frames : 1,
      readDiffraction(first, into) {
        const isSame = (into instanceof Float32Array) === (precision === "single");
        const read = isSame ? into : realArray(into.length, precision);
        scratch.read(first * frameBytes, bytesOf(read));
        if (!isSame) into.set(read);
      },
      readMask(first, into) {
        if (common === null) scratch.read(masksAt + first * points, into);
        else into.set(common);
      },
    }),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: RealArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
