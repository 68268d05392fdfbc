/** Containers: all storages of one kind, and the views on them. */

import { type Precision, type RealArray, realArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { type Storage, storageSize } from "./storage.ts";
import type { View } from "./view.ts";

/** The kinds of containers, with PtyPy's names. */
export type ContainerID = "Cprobe" | "Cobj" | "Cexit" | "Cdiff" | "Cmask";

/** Storages of one kind. */
export interface Container {
  readonly ID: ContainerID;
  readonly storages: readonly Storage[];
  readonly views: readonly View[];
}

/** A container whose complex storages lie one after the other in one flat array. */
export interface WaveContainer extends Container {
  readonly ID: "Cprobe" | "Cobj";
  /** Interleaved. */
  readonly data: RealArray;
}

/** Most complex elements of a container: 1.6 GB in double precision, and what an engine adds is three times that. */
export const MOST_ELEMENTS = 100_000_000;

/**
 * Memory for storages.
 *
 * @throws {DataError} if there would be more than `MOST_ELEMENTS`, before any memory is taken
 */
export function allocateStorages(
  storages: readonly Storage[],
  { name, precision }: { readonly name: "probe" | "object"; readonly precision: Precision },
): RealArray {
  return realArray(2 * checkStorages(storages, { name, precision }), precision);
}

/** Complex elements of storages. @throws {DataError} if there are more than `MOST_ELEMENTS` */
export function checkStorages(
  storages: readonly Storage[],
  { name, precision }: { readonly name: "probe" | "object"; readonly precision: Precision },
): number {
  let elements = 0;
  for (const storage of storages) {
    const { ID, layers, rows, cols, psize, depth } = storage;
    elements += storageSize(storage);
    if (elements <= MOST_ELEMENTS) continue;
    const hint = storage.padding > 0
      ? `; ${storage.padding} pixels on every side are room for position_refinement.max_shift, make that smaller`
      : name === "object"
      ? "; check that positions are in metres, and energy, distance and psize, which give the pixel"
      : "; choose a smaller shape or fewer modes";
    throw new DataError(
      `Cannot make ${name} "${ID}": found ${
        [layers, ...depth ? [depth.planes] : [], rows, cols].join(" x ")
      } pixels of ${psize[0].toPrecision(4)} m (${
        (elements * (precision === "single" ? 8 : 16) / 1e9).toFixed(1)
      } GB in all), expected at most ${MOST_ELEMENTS / 1e6} million pixels${hint}`,
      { storage: ID, shape: [layers, rows, cols], expected: MOST_ELEMENTS },
    );
  }
  return elements;
}

/** The complex data of one storage, sharing memory with its container. */
export function storageData({ data }: WaveContainer, storage: Storage): RealArray {
  return data.subarray(2 * storage.start, 2 * (storage.start + storageSize(storage)));
}
