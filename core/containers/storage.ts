/** Storages: stacks of layers on one pixel grid, and where physical coordinates fall on it. */

import type { Depth, StorageSpec } from "../../kernels/reconstruction.ts";
import { roundHalfEven } from "../preparation/crop_pad.ts";

/** The axis r3 of a storage of volumes, which leans on that of the rows by the Bragg angle. */
export interface StorageDepth extends Depth {
  /** Plane at the zero of the coordinates; may lie outside. */
  readonly center: number;
  /** Degrees. */
  readonly theta_bragg: number;
}

/** A stack of layers within the flat array of its container. */
export interface Storage extends StorageSpec {
  readonly depth?: StorageDepth;
  /** Number of the storage in its container, from 1 as PtyPy counts. */
  readonly numID: number;
  /** Pixel (y, x) at the zero of the coordinates; may lie outside. */
  readonly center: readonly [number, number];
  /** Photon energy in keV. */
  readonly energy: number;
  /** Value of pixels that no model reached. */
  readonly fillValue: number;
  /** PtyPy's number of each layer. */
  readonly layermap: readonly number[];
  /** Pixels added on every side of the area that the views cover. */
  readonly padding: number;
}

/** A grid that reaches from pixel `low` to pixel `high` (exclusive), counted from the zero of the coordinates. */
export interface PixelBox {
  readonly low: readonly [number, number];
  readonly high: readonly [number, number];
}

/**
 * The first pixel of a view, counted from the zero of the coordinates: a view of n pixels around `coord` begins n // 2 pixels
 * before the nearest pixel. A grain of 1e-5 pixels decides ties upwards; views never sit between pixels.
 *
 * coord, psize  metres, (y, x)
 *
 * @see PtyPy 0.4: core.classes.Storage.update_views (0.9 counts from the first view instead, so that its object may differ by a pixel)
 */
export function firstPixel(
  coord: readonly [number, number],
  { psize, shape }: { readonly psize: readonly [number, number]; readonly shape: readonly [number, number] },
): [number, number] {
  const along = (axis: 0 | 1) => {
    const half = Math.floor(shape[axis] / 2);
    // PtyPy counts from the corner of a frame around the zero; the same order of operations keeps ties where they are there.
    const origin = -psize[axis] * half;
    return roundHalfEven((coord[axis] - origin) / psize[axis] + 1e-5) - 2 * half;
  };
  return [along(0), along(1)];
}

/** The smallest box around views of `shape` that begin at the given pixels, with `padding` more on every side. */
export function boundingBox(
  firstPixels: readonly (readonly [number, number])[],
  { shape, padding }: { readonly shape: readonly [number, number]; readonly padding: number },
): PixelBox {
  const low: [number, number] = [Infinity, Infinity];
  const high: [number, number] = [-Infinity, -Infinity];
  for (const first of firstPixels) {
    for (const axis of [0, 1] as const) {
      low[axis] = Math.min(low[axis], first[axis] - padding);
      high[axis] = Math.max(high[axis], first[axis] + shape[axis] + padding);
    }
  }
  return { low, high };
}

/** A storage that covers `box`. */
export function storageOver(
  box: PixelBox,
  fields: Pick<Storage, "ID" | "numID" | "start" | "psize" | "energy" | "layermap" | "padding">,
): Storage {
  const center = [-box.low[0] + 0, -box.low[1] + 0] as const;
  return {
    ...fields,
    layers: fields.layermap.length,
    rows: box.high[0] - box.low[0],
    cols: box.high[1] - box.low[1],
    center,
    origin: [-center[0] * fields.psize[0] + 0, -center[1] * fields.psize[1] + 0],
    fillValue: 0,
  };
}

/** Number of complex elements of a storage. */
export function storageSize(
  { layers, rows, cols, depth }: Pick<StorageSpec, "layers" | "rows" | "cols" | "depth">,
): number {
  return layers * (depth?.planes ?? 1) * rows * cols;
}
