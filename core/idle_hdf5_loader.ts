/** Parameters of `Hdf5Loader` that have nothing to act on. */

import type { Hdf5LoaderParams } from "./parameters/scandata/hdf5_loader.ts";

/** A parameter of the loader, and why it has no effect. */
export interface IdleLoaderParameter {
  /** Below `data`. */
  readonly path: string;
  readonly because: string;
}

/** What is said of data sets that are not named, and of live scans that are none. */
export function idleInHdf5Loader(p: Hdf5LoaderParams): IdleLoaderParameter[] {
  const found: IdleLoaderParameter[] = [];
  const add = (paths: readonly string[], because: string) => found.push(...paths.map((path) => ({ path, because })));
  for (const group of ["intensities", "positions", "normalisation"] as const) {
    if (!p[group].is_swmr) add([`${group}.live_key`], `${group}.is_swmr is false`);
  }
  const named = ["mask", "flatfield", "darkfield", "normalisation", "framefilter"] as const;
  const recorded = ["recorded_energy", "recorded_distance", "recorded_psize"] as const;
  for (const group of [...named, ...recorded]) {
    if (p[group].key === null) add([group], `${group}.key is None`);
  }
  for (const name of ["energy", "distance", "psize"] as const) {
    if (p[`recorded_${name}`].key !== null) add([name], `recorded_${name} says where it is`);
  }
  if (p.positions.slow_key === null && p.positions.fast_key === null) {
    const names = ["file", "slow_multiplier", "slow_index", "fast_multiplier", "fast_index"];
    add(names.map((name) => `positions.${name}`), "positions.slow_key and fast_key are None");
  }
  return found;
}
