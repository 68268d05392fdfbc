/** Room around the object for views that position refinement moves. */

import type { NdArray, RealArray } from "../../kernels/nd_array.ts";
import { realArray } from "../../kernels/nd_array.ts";
import { ADDRESS, type Block, type Data, type State, type StorageSpec } from "../../kernels/reconstruction.ts";
import { largestPixel, refinesPositions } from "./position_refinement.ts";
import type { SupportedParams } from "./mod.ts";

/** Data and state that belong together. */
export interface Prepared {
  readonly data: Data;
  readonly state: State;
}

/**
 * Enlarges every object storage so that `floor(max_shift / pixel)` pixels lie around all views, if the engine refines positions; what
 * is there already counts. New pixels are 0. Returns its argument where nothing is to be done. Call it before `openEngine`.
 * @see PtyPy 0.4: BaseEngine.initialize with position refinement
 */
export function padForRefinement(prepared: Prepared, p: SupportedParams): Prepared {
  if (!("position_refinement" in p) || !refinesPositions(p)) return prepared;
  // A whole number of pixels must not fall below itself by rounding.
  const padding = Math.floor(p.position_refinement.max_shift / largestPixel(prepared.data) + 1e-9);
  return padObjects(prepared, padding);
}

/** Enlarges every object storage so that `padding` pixels lie around its views, as `padForRefinement` does. */
export function padObjects({ data, state }: Prepared, padding: number): Prepared {
  const addresses = data.blocks.map((block) => currentAddress(block, state));
  const margins = data.objects.map((storage, index) => missing(storage, { index, padding, data, addresses }));
  if (margins.every((m) => m.top + m.bottom + m.left + m.right === 0)) return { data, state };
  let start = 0;
  const objects = data.objects.map((storage, i) => {
    const { top, bottom, left, right } = margins[i]!;
    const { layers, origin: [y, x], psize: [py, px] } = storage;
    const [rows, cols] = [storage.rows + top + bottom, storage.cols + left + right];
    const origin = [y - top * py, x - left * px] as const;
    const padded = { ...storage, start, rows, cols, origin };
    start += layers * rows * cols;
    return padded;
  });
  const move = (address: Int32Array) => moveAddress(address, { before: data.objects, after: objects, margins });
  const arrays: Record<string, NdArray> = {
    ...state.arrays,
    object: padArray(state.arrays["object"]!, { before: data.objects, after: objects, margins }),
  };
  for (const [i, { ID }] of data.blocks.entries()) {
    const kept = state.arrays[`address/${ID}`];
    if (kept !== undefined) arrays[`address/${ID}`] = { ...kept, data: move(addresses[i]!) };
  }
  const blocks = data.blocks.map((block) => ({ ...block, address: move(block.address) }));
  return { data: { ...data, objects, blocks }, state: { ...state, arrays } };
}

/** Pixels to add on each side. */
interface Margin {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

interface Layout {
  readonly before: readonly StorageSpec[];
  readonly after: readonly StorageSpec[];
  readonly margins: readonly Margin[];
}

function currentAddress(block: Block, { arrays }: State): Int32Array {
  return (arrays[`address/${block.ID}`]?.data as Int32Array | undefined) ?? block.address;
}

interface Views {
  readonly index: number;
  readonly padding: number;
  readonly data: Data;
  readonly addresses: readonly Int32Array[];
}

function missing(storage: StorageSpec, { index, padding, data, addresses }: Views): Margin {
  let [top, bottom, left, right] = [Infinity, Infinity, Infinity, Infinity];
  for (const [i, { rows, cols }] of data.blocks.entries()) {
    const address = addresses[i]!;
    for (let row = 0; row < address.length; row += ADDRESS.columns) {
      if (address[row + ADDRESS.object] !== index) continue;
      const [oy, ox] = [address[row + ADDRESS.oy]!, address[row + ADDRESS.ox]!];
      top = Math.min(top, oy);
      left = Math.min(left, ox);
      bottom = Math.min(bottom, storage.rows - oy - rows);
      right = Math.min(right, storage.cols - ox - cols);
    }
  }
  const need = (free: number) => Math.max(0, padding - free);
  return { top: need(top), bottom: need(bottom), left: need(left), right: need(right) };
}

function moveAddress(address: Int32Array, { before, after, margins }: Layout): Int32Array {
  const moved = address.slice();
  for (let row = 0; row < moved.length; row += ADDRESS.columns) {
    const object = moved[row + ADDRESS.object]!;
    const [old, now] = [before[object]!, after[object]!];
    const layer = (address[row + ADDRESS.objectStart]! - old.start) / (old.rows * old.cols);
    moved[row + ADDRESS.objectStart] = now.start + layer * now.rows * now.cols;
    moved[row + ADDRESS.objectStride] = now.cols;
    moved[row + ADDRESS.oy]! += margins[object]!.top;
    moved[row + ADDRESS.ox]! += margins[object]!.left;
  }
  return moved;
}

function padArray(array: NdArray, { before, after, margins }: Layout): NdArray<RealArray> {
  const source = array.data as RealArray;
  const count = after.reduce((sum, { layers, rows, cols }) => sum + layers * rows * cols, 0);
  const data = realArray(2 * count, source instanceof Float32Array ? "single" : "double");
  for (const [i, old] of before.entries()) {
    const [now, { top, left }] = [after[i]!, margins[i]!];
    for (let layer = 0; layer < old.layers; layer++) {
      for (let y = 0; y < old.rows; y++) {
        const from = 2 * (old.start + (layer * old.rows + y) * old.cols);
        const to = 2 * (now.start + (layer * now.rows + y + top) * now.cols + left);
        data.set(source.subarray(from, from + 2 * old.cols), to);
      }
    }
  }
  return { ...array, dtype: array.dtype as NdArray<RealArray>["dtype"], shape: [count], data };
}
