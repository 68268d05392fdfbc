/** The probe inside a crystal: a two-dimensional beam, carried unchanged along its direction through the volume. */

import { sampleComplex } from "../../kernels/array/spline.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { MOST_ELEMENTS } from "../containers/container.ts";
import { ParameterError } from "../errors.ts";
import { type IlluminationOptions, initialProbe } from "../illumination.ts";
import type { Random } from "../random.ts";
import { type BraggGeometry, toOrthogonal } from "./geometry.ts";

/** The plane across the beam in which the illumination is made. */
export interface BeamPlane {
  /** (across the beam in the scattering plane, y), odd, with the axis of the beam in the middle. */
  readonly shape: readonly [number, number];
  /** Metres. */
  readonly psize: readonly [number, number];
}

/** Pixels of the beam's plane for the finest of the crystal. */
const OVERSAMPLING = 5;

/**
 * The plane that holds the whole field of view as the beam sees it: the parallelogram of r3 and r1, seen at the Bragg angle, by the
 * length of r2.
 *
 * @see PtyPy 0.4: core.geometry_bragg.Geo_Bragg.probe_extent_vs_fov
 */
export function beamPlane(geometry: BraggGeometry): BeamPlane {
  const { resolution, shape } = geometry;
  const theta = geometry.theta_bragg * Math.PI / 180;
  const [length3, length1, length2] = shape.map((n, axis) => n * resolution[axis]!) as [number, number, number];
  // The longer diagonal of the parallelogram, and the angle under which the beam sees it.
  const diagonal = Math.hypot(length1 + length3 * Math.sin(theta), length3 * Math.cos(theta));
  const gamma = Math.asin((length1 + length3 * Math.sin(theta)) / diagonal);
  const across = Math.cos(Math.PI / 2 - gamma - theta) * diagonal;
  const pixel = Math.min(...resolution) / OVERSAMPLING;
  // Two more pixels than the extent, so that rounding puts no voxel outside.
  const side = (extent: number) => 2 * Math.ceil(extent / pixel / 2) + 3;
  return { shape: [side(across), side(length2)], psize: [pixel, pixel] };
}

/** What a probe is made for. */
export interface BraggProbeContext {
  readonly geometry: BraggGeometry;
  /** What comes in front of the aperture, on the beam's plane; null for a plane wave. */
  readonly model: NdArray | null;
  readonly random: Random;
  /** Path of the parameters, such as `scans.A.illumination`. */
  readonly where: string;
}

/**
 * The probe in the crystal, complex (r3, r1, r2): each voxel has the value of the beam at its distance from the beam's axis,
 * `x sin(theta) + z (1 / cos(theta) - sin(theta) tan(theta))` in the scattering plane and `y` across, by cubic splines. Photons are
 * those of the whole beam; where `photons` is null the amplitude stays as it is.
 *
 * @throws {ParameterError} {DataError} as `initialProbe`, and for a beam that no memory holds
 * @see PtyPy 0.4: core.geometry_bragg.Geo_Bragg.prepare_3d_probe (differs: real and imaginary part are interpolated, there modulus and
 *   phase, which jumps at pi)
 */
export function braggProbe(p: IlluminationOptions, { geometry, ...context }: BraggProbeContext): Float64Array {
  const plane = beamPlane(geometry);
  const [rows, cols] = plane.shape;
  if (rows * cols > MOST_ELEMENTS) {
    const message =
      `found a beam of ${rows} x ${cols} pixels of ${plane.psize[0].toPrecision(3)} m across the field of ` +
      `view, expected at most ${MOST_ELEMENTS / 1e6} million; check rocking_step, psize, distance and energy`;
    throw new ParameterError([{ path: context.where, message }]);
  }
  const beam = initialProbe(p, { ...plane, layers: 1, energy: geometry.energy, ...context });
  const { theta_bragg, shape: [n3, n1, n2], resolution } = geometry;
  const theta = theta_bragg * Math.PI / 180;
  const lean = 1 / Math.cos(theta) - Math.sin(theta) * Math.tan(theta);
  const at = (i: number, axis: 0 | 1 | 2) => (i - Math.floor(geometry.shape[axis] / 2)) * resolution[axis];
  const y = new Float64Array(n3 * n1);
  for (let i = 0; i < y.length; i++) {
    const [x, z] = toOrthogonal([at(Math.floor(i / n1), 0), at(i % n1, 1), 0], geometry);
    y[i] = (x * Math.sin(theta) + z * lean) / plane.psize[0] + (rows - 1) / 2;
  }
  const x = Float64Array.from({ length: n2 }, (_, i) => at(i, 2) / plane.psize[1] + (cols - 1) / 2);
  return sampleComplex(beam, { rows, cols, y, x }).data;
}
