/** What volumes a scan of rocking curves makes, decided from its parameters and coordinates without a frame. */

import { boundingVolume, firstVoxel, type VoxelBox } from "../containers/volume.ts";
import { ParameterError } from "../errors.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { Bragg3dModelParams } from "../parameters/scan/bragg_3d_model.ts";
import { assembleCurves, type AssembledCurves } from "./assemble.ts";
import { type BraggGeometry, createBraggGeometry, toNatural, type Triple } from "./geometry.ts";

/** A scan as far as its volumes are concerned. */
export interface VolumeInput {
  readonly label: string;
  readonly p: Pick<Bragg3dModelParams, "propagation" | "data" | "sharing">;
  readonly rocking: PreparedScan["rocking"];
  /** Of the prepared frames. */
  readonly meta: Pick<PreparedScan["meta"], "energy" | "distance" | "psize" | "shape">;
}

/** The volumes of a scan. */
export interface VolumePlan {
  readonly curves: AssembledCurves;
  readonly geometry: BraggGeometry;
  /** Of each volume, (r3, r1, r2) in metres. */
  readonly coordinates: readonly Triple[];
  readonly probeBox: VoxelBox;
  readonly objectBox: VoxelBox;
}

/**
 * Plans the volumes of a scan: a probe of the shape of a rocking curve, and an object that covers the views of all places.
 *
 * @throws {ParameterError} for the near field, frames without angles, and a geometry that no experiment has
 * @throws {DataError} as `assembleCurves`
 */
export function planVolumes({ label, p, rocking, meta }: VolumeInput): VolumePlan {
  if (p.propagation !== "farfield") {
    const message = `found "${p.propagation}", expected "farfield": a Bragg peak is seen in the far field`;
    throw new ParameterError([{ path: `scans.${label}.propagation`, message }]);
  }
  for (const kind of ["probe", "object"] as const) {
    if (p.sharing[kind] === null) continue;
    const message = `found ${
      JSON.stringify(p.sharing[kind])
    }, expected None: scans of volumes share neither probe nor object`;
    throw new ParameterError([{ path: `scans.${label}.sharing.${kind}`, message }]);
  }
  if (rocking === undefined) {
    const message =
      `found "${p.data?.name}" without rocking angles, expected frames of rocking curves: Bragg3dSimScan, or a ` +
      ".ptyd file whose positions are (frame, 4), angle, x, z, y";
    throw new ParameterError([{ path: `scans.${label}.data.name`, message }]);
  }
  const curves = assembleCurves(rocking, { label });
  const { energy, distance, psize, shape: [rows, cols] } = meta;
  const { theta_bragg, rocking_step } = rocking;
  const shape = [curves.angles, rows, cols] as const;
  const where = `scans.${label}.data`;
  const geometry = createBraggGeometry({ energy, distance, psize, shape, theta_bragg, rocking_step, where });
  const coordinates = curves.places.map((place) => toNatural(place, geometry));
  const grid = { psize: geometry.resolution, shape };
  return {
    curves,
    geometry,
    coordinates,
    probeBox: boundingVolume([firstVoxel([0, 0, 0], grid)], shape),
    objectBox: boundingVolume(coordinates.map((coord) => firstVoxel(coord, grid)), shape),
  };
}
