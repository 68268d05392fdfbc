/** Arrays as planes in the memory of the WASM device, and their copies to and from flat interleaved arrays. */

import { planWasmFft } from "../fft/wasm_plan.ts";
import type { Precision, RealArray } from "../nd_array.ts";
import type { StorageSpec } from "../reconstruction.ts";
import { lanesOf } from "./lanes.ts";

/** One layer or wave: where its planes lie in the piece of memory, and which elements of the flat array it is. */
export interface PlanePart {
  /** First element. */
  readonly start: number;
  /** Bytes from the start of the piece. A real array has its plane at `re`. */
  readonly re: number;
  readonly im: number;
  readonly rows: number;
  readonly cols: number;
  /** Numbers from a row to the next. */
  readonly pitch: number;
}

/** How an array lies as planes. Numbers in the padding are zero. */
export interface Planes {
  readonly precision: Precision;
  readonly bytes: number;
  readonly parts: readonly PlanePart[];
  /** How real arrays of the size lie; in the same way if left out. */
  readonly real?: Planes;
}

/** Room behind a plane of the object, where vectors of the last row end. */
const ROOM_BYTES = 64;

/** Layers as waves lie: the planes of a layer one after the other. */
export function probePlanes(storages: readonly StorageSpec[], precision: Precision): Planes {
  const parts: PlanePart[] = [];
  let bytes = 0;
  for (const { start, layers, rows, cols } of storages) {
    const { planeBytes, pitch } = planWasmFft({ rows, cols, precision }).layout;
    for (let layer = 0; layer < layers; layer++) {
      const re = bytes;
      parts.push({ start: start + layer * rows * cols, re, im: re + planeBytes, rows, cols, pitch });
      bytes += 2 * planeBytes;
    }
  }
  return { precision, bytes, parts };
}

/** The re planes of all layers, then the im planes of all, which real arrays have no room for. */
export function objectPlanes(storages: readonly StorageSpec[], precision: Precision): Planes {
  const lanes = lanesOf(precision);
  const parts: PlanePart[] = [];
  let half = 0;
  for (const { start, layers, rows, cols } of storages) {
    const pitch = Math.ceil(cols / lanes.count) * lanes.count;
    for (let layer = 0; layer < layers; layer++) {
      parts.push({ start: start + layer * rows * cols, re: half, im: 0, rows, cols, pitch });
      half += pitch * rows * lanes.bytes;
    }
  }
  half = Math.ceil((half + ROOM_BYTES) / ROOM_BYTES) * ROOM_BYTES;
  const real = { precision, bytes: half, parts };
  return { precision, bytes: 2 * half, parts: parts.map((part) => ({ ...part, im: half + part.re })), real };
}

/** Rows of a layer. */
export interface RowGroup {
  /** First element in the flat array, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** Where the rows lie; elements count from the first of the group. */
  readonly part: PlanePart;
}

/** Cuts layers into groups of rows that have at most `most` elements, or one row. In this order elements follow one another. */
export function* rowGroups({ precision, parts }: Planes, most: number): Iterable<RowGroup> {
  const { bytes } = lanesOf(precision);
  for (const part of parts) {
    const { start, re, im, rows, cols, pitch } = part;
    const together = Math.max(1, Math.floor(most / cols));
    for (let y = 0; y < rows; y += together) {
      const count = Math.min(together, rows - y);
      const skipped = y * pitch * bytes;
      yield {
        first: start + y * cols,
        count: count * cols,
        part: { ...part, start: 0, re: re + skipped, im: im + skipped, rows: count },
      };
    }
  }
}

/** Numbers of a precision in a memory. */
export interface PlaneView {
  readonly memory: WebAssembly.Memory;
  /** Where the piece begins. */
  readonly address: number;
  readonly planes: Planes;
}

/** All numbers of the piece, padding included. A view ends when the memory grows. */
export function numbersOf({ memory, address, planes: { precision, bytes } }: PlaneView): RealArray {
  return precision === "single"
    ? new Float32Array(memory.buffer, address, bytes / 4)
    : new Float64Array(memory.buffer, address, bytes / 8);
}

/** Copies a flat array, complex or real, into planes: those of the view, or `parts` of its piece. */
export function packPlanes(
  view: PlaneView,
  flat: RealArray,
  { isComplex, parts = view.planes.parts }: { readonly isComplex: boolean; readonly parts?: readonly PlanePart[] },
): void {
  const numbers = numbersOf(view);
  const { bytes } = lanesOf(view.planes.precision);
  for (const part of parts) {
    const [re, im] = [part.re / bytes, part.im / bytes];
    for (let y = 0; y < part.rows; y++) {
      let from = part.start + y * part.cols;
      const end = y * part.pitch + part.cols;
      if (!isComplex) {
        for (let to = y * part.pitch; to < end; to++, from++) numbers[re + to] = flat[from]!;
        continue;
      }
      from *= 2;
      for (let to = y * part.pitch; to < end; to++, from += 2) {
        numbers[re + to] = flat[from]!;
        numbers[im + to] = flat[from + 1]!;
      }
    }
  }
}

/** Copies planes into a flat array. Changes `flat`. */
export function unpackPlanes(
  flat: RealArray,
  view: PlaneView,
  { isComplex, parts = view.planes.parts }: { readonly isComplex: boolean; readonly parts?: readonly PlanePart[] },
): void {
  const numbers = numbersOf(view);
  const { bytes } = lanesOf(view.planes.precision);
  for (const part of parts) {
    const [re, im] = [part.re / bytes, part.im / bytes];
    for (let y = 0; y < part.rows; y++) {
      let to = part.start + y * part.cols;
      const end = y * part.pitch + part.cols;
      if (!isComplex) {
        for (let from = y * part.pitch; from < end; from++, to++) flat[to] = numbers[re + from]!;
        continue;
      }
      to *= 2;
      for (let from = y * part.pitch; from < end; from++, to += 2) {
        flat[to] = numbers[re + from]!;
        flat[to + 1] = numbers[im + from]!;
      }
    }
  }
}
