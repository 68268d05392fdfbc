/**
 * Geometry of a Bragg experiment: a rocking curve of detector frames samples a block of reciprocal space on axes that are not
 * orthogonal, and its conjugate samples the crystal on axes that are not orthogonal either.
 */

import { ParameterError, type ParameterIssue } from "../errors.ts";
import { createGeometry } from "../geometry.ts";
import type { OneOrPair } from "../pair.ts";

/** Three numbers along the natural axes, (q3, q1, q2) or (r3, r1, r2), or along orthogonal ones, (x, z, y). */
export type Triple = readonly [number, number, number];

/** What describes a Bragg experiment. */
export interface BraggOptions {
  /** Photon energy in keV. */
  readonly energy: number;
  /** Sample to detector in metres. */
  readonly distance: number;
  /** Detector pixel in metres, one for both axes or (q1, q2). */
  readonly psize: OneOrPair;
  /** Rocking angles, then detector rows and columns. */
  readonly shape: Triple;
  /** Bragg angle in degrees. */
  readonly theta_bragg: number;
  /** Angle between two frames of a rocking curve in degrees. */
  readonly rocking_step: number;
  /** Where the values were written, such as `scans.MF.data`; errors name their paths below it. */
  readonly where?: string;
}

/** A complete geometry; triples are along (q3, q1, q2) and (r3, r1, r2). */
export interface BraggGeometry {
  /** keV. */
  readonly energy: number;
  /** Wavelength in metres. */
  readonly lam: number;
  readonly distance: number;
  /** (degrees, metres, metres) */
  readonly psize: Triple;
  readonly shape: Triple;
  /** Degrees. */
  readonly theta_bragg: number;
  /** Steps in reciprocal space in 1/m: of the angle, of a row, of a column. */
  readonly dq: Triple;
  /** Steps in the crystal in metres. */
  readonly resolution: Triple;
}

const DEGREE = Math.PI / 180;

/**
 * Completes a geometry. With the Bragg angle theta, the wave number k = 2 pi / lam and n samples on an axis:
 *
 * dq3 = 2 k sin(theta) step, dq1 = k psize1 / distance, dq2 = k psize2 / distance
 * r3 = 2 pi / (n3 dq3 cos(theta)), r1 = 2 pi / (n1 dq1 cos(theta)), r2 = 2 pi / (n2 dq2)
 *
 * @throws {ParameterError} for numbers that no experiment has, all of them at once, each with its path
 * @see Berenguer et al., Physical Review B 88 (2013) 144101, 10.1103/PhysRevB.88.144101, for the conjugate axes
 * @see PtyPy 0.4: core.geometry_bragg.Geo_Bragg
 */
export function createBraggGeometry(options: BraggOptions): BraggGeometry {
  const { energy, distance, theta_bragg, rocking_step, shape: [n3, n1, n2], where } = options;
  refuseRocking(options);
  const flat = createGeometry({
    energy,
    distance,
    psize: options.psize,
    shape: [n1, n2],
    propagation: "farfield",
    ...(where === undefined ? {} : { where }),
  });
  const k = 2 * Math.PI / flat.lam;
  const [sin, cos] = [Math.sin(theta_bragg * DEGREE), Math.cos(theta_bragg * DEGREE)];
  const dq = [
    2 * k * sin * rocking_step * DEGREE,
    k * flat.psize[0] / distance,
    k * flat.psize[1] / distance,
  ] as const;
  return {
    energy,
    lam: flat.lam,
    distance,
    psize: [rocking_step, ...flat.psize],
    shape: [n3, n1, n2],
    theta_bragg,
    dq,
    resolution: [
      2 * Math.PI / (n3 * dq[0] * cos),
      2 * Math.PI / (n1 * dq[1] * cos),
      2 * Math.PI / (n2 * dq[2]),
    ],
  };
}

type Angle = Pick<BraggGeometry, "theta_bragg">;

/** A point of the crystal, (r3, r1, r2), in orthogonal coordinates (x, z, y): x = cos r3, z = r1 + sin r3, y = r2. */
export function toOrthogonal([r3, r1, r2]: Triple, { theta_bragg }: Angle): Triple {
  const theta = theta_bragg * DEGREE;
  return [Math.cos(theta) * r3, r1 + Math.sin(theta) * r3, r2];
}

/** The inverse of `toOrthogonal`: r3 = x / cos, r1 = z - tan x, r2 = y. */
export function toNatural([x, z, y]: Triple, { theta_bragg }: Angle): Triple {
  const theta = theta_bragg * DEGREE;
  return [x / Math.cos(theta), z - Math.tan(theta) * x, y];
}

/** A point of reciprocal space, (q3, q1, q2), in orthogonal coordinates: qx = q3 - sin q1, qz = cos q1, qy = q2. */
export function toOrthogonalReciprocal([q3, q1, q2]: Triple, { theta_bragg }: Angle): Triple {
  const theta = theta_bragg * DEGREE;
  return [q3 - Math.sin(theta) * q1, Math.cos(theta) * q1, q2];
}

/** The inverse of `toOrthogonalReciprocal`: q1 = qz / cos, q3 = qx + tan qz, q2 = qy. */
export function toNaturalReciprocal([qx, qz, qy]: Triple, { theta_bragg }: Angle): Triple {
  const theta = theta_bragg * DEGREE;
  return [qx + Math.tan(theta) * qz, qz / Math.cos(theta), qy];
}

/** Volume in cubic metres of the cell that belongs to one sample: the axes r3 and r1 lean by theta. */
export function voxelVolume({ resolution: [r3, r1, r2], theta_bragg }: BraggGeometry): number {
  return r3 * r1 * r2 * Math.cos(theta_bragg * DEGREE);
}

function refuseRocking({ theta_bragg, rocking_step, shape: [n3], where }: BraggOptions): void {
  const issues: ParameterIssue[] = [];
  const need = (name: string, found: number, expected: string, isRight: boolean) => {
    const path = where === undefined ? name : `${where}.${name}`;
    if (!isRight) issues.push({ path, message: `found ${found}, expected ${expected}` });
  };
  need("theta_bragg", theta_bragg, "a Bragg angle in degrees between 0 and 90", theta_bragg > 0 && theta_bragg < 90);
  need("rocking_step", rocking_step, "an angle in degrees above 0, below 90", rocking_step > 0 && rocking_step < 90);
  need("n_rocking_positions", n3, "a whole number of rocking angles from 1", Number.isInteger(n3) && n3 > 0);
  // Beyond a quarter of a turn the samples do not lie on a straight line by any reckoning.
  const turn = n3 * rocking_step;
  if (issues.length === 0) {
    need("rocking_step", rocking_step, `${n3} steps that turn the crystal by less than 90 degrees`, turn < 90);
  }
  if (issues.length > 0) throw new ParameterError(issues);
}
