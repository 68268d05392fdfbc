/** Energy, distance and pixel size that a file records. */

import type { Hdf5LoaderParams } from "../parameters/scandata/hdf5_loader.ts";
import { type Hdf5Source, type OuterIndex, readRecorded } from "./hdf5_sources.ts";
import type { OpenScan } from "./loader.ts";

/** How files are reached. */
export interface GeometryFiles {
  /** The data set that a group of parameters names; null if it names none. */
  sourceOf(group: { readonly file: string | null; readonly key: string | null }): Hdf5Source | null;
  readonly outer: OuterIndex | null;
}

/**
 * What `recorded_energy`, `recorded_distance` and `recorded_psize` lead to: keV, metres, metres. They win over what the user wrote, since
 * he wrote where they are.
 *
 * @throws {DataError} if a data set is missing or holds another number of values
 */
export function foundInFiles(
  p: Hdf5LoaderParams,
  { sourceOf, outer }: GeometryFiles,
): Required<Pick<OpenScan, "found" | "settled">> {
  const read = (name: "recorded_energy" | "recorded_distance" | "recorded_psize", most: number): number[] | null => {
    const source = sourceOf(p[name]);
    return source && readRecorded(source, { most, outer }).map((value) => value * p[name].multiplier);
  };
  const energy = read("recorded_energy", 1);
  const distance = read("recorded_distance", 1);
  const psize = read("recorded_psize", 2);
  const found: OpenScan["found"] = {
    ...(energy && { energy: energy[0]! + p.recorded_energy.offset }),
    ...(distance && { distance: distance[0]! }),
    ...(psize && { psize: psize.length === 1 ? psize[0]! : [psize[0]!, psize[1]!] as const }),
  };
  return { found, settled: Object.keys(found) as (keyof typeof found)[] };
}
