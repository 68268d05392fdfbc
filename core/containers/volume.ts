/** Pixel grids in three dimensions: the same rules as in two, with an axis in front. */

import { firstPixel, type Storage, storageOver } from "./storage.ts";

type Triple = readonly [number, number, number];

/** A grid that reaches from voxel `low` to voxel `high` (exclusive), counted from the zero of the coordinates. */
export interface VoxelBox {
  readonly low: Triple;
  readonly high: Triple;
}

/** The first voxel of a view, counted from the zero of the coordinates, by the rule of `firstPixel()` on each axis. Metres. */
export function firstVoxel(
  coord: Triple,
  { psize, shape }: { readonly psize: Triple; readonly shape: Triple },
): Triple {
  const along = (axis: 0 | 1 | 2) =>
    firstPixel([coord[axis], 0], { psize: [psize[axis], 1], shape: [shape[axis], 1] })[0];
  return [along(0), along(1), along(2)];
}

/** The smallest box around views of `shape` that begin at the given voxels. */
export function boundingVolume(first: readonly Triple[], shape: Triple): VoxelBox {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const voxel of first) {
    for (const axis of [0, 1, 2] as const) {
      low[axis] = Math.min(low[axis], voxel[axis]);
      high[axis] = Math.max(high[axis], voxel[axis] + shape[axis]);
    }
  }
  return { low, high };
}

/** A storage of volumes that covers `box`, alone in its array. */
export function volumeStorage(
  { low, high }: VoxelBox,
  { psize, theta_bragg, ...fields }: Pick<Storage, "ID" | "numID" | "energy" | "layermap"> & {
    /** Metres, (r3, r1, r2). */
    readonly psize: Triple;
    /** Degrees. */
    readonly theta_bragg: number;
  },
): Storage {
  const flat = storageOver({ low: [low[1], low[2]], high: [high[1], high[2]] }, {
    ...fields,
    start: 0,
    padding: 0,
    psize: [psize[1], psize[2]],
  });
  const center = -low[0] + 0;
  return {
    ...flat,
    depth: { planes: high[0] - low[0], psize: psize[0], center, origin: -center * psize[0] + 0, theta_bragg },
  };
}
