/** Geometry of laser laboratories, whose loaders have names of their own for wavelength, distance and detector pixel. */

import { KEV_TO_METRE } from "../geometry.ts";
import { ptyScanParams } from "../parameters/scandata/pty_scan.ts";
import { badParameter } from "./instrument_files.ts";
import type { OpenScan } from "./loader.ts";

/** Parameters that say the same by two names. */
export interface LaserParams {
  readonly lam: number | null;
  readonly z: number | null;
  readonly psize_det?: number;
  readonly energy: number | null;
  readonly distance: number | null;
  readonly psize: number | readonly number[] | null;
}

const PTYPY = ptyScanParams.parse({ name: "PtyScan" });

/**
 * What `lam`, `z` and `psize_det` say, to be taken where `energy`, `distance` and `psize` are not written.
 *
 * presets  their defaults: a default gives way in silence
 *
 * @throws {ParameterError} if both of two names were given and they contradict each other, or a wavelength is none
 */
export function laserGeometry(
  p: LaserParams,
  presets: Pick<LaserParams, "lam" | "z" | "psize_det">,
): OpenScan["found"] {
  if (p.lam !== null && !(p.lam > 0)) {
    throw badParameter("lam", `found ${p.lam}, expected a wavelength in metres above 0`);
  }
  const energy = p.lam === null ? null : KEV_TO_METRE / p.lam;
  refuseBoth(["lam", p.lam !== presets.lam, energy], ["energy", p.energy, null]);
  refuseBoth(["z", p.z !== presets.z, p.z], ["distance", p.distance, PTYPY.distance]);
  const psize = p.psize_det ?? null;
  refuseBoth(["psize_det", psize !== (presets.psize_det ?? null), psize], ["psize", p.psize, PTYPY.psize]);
  return {
    ...(energy === null ? {} : { energy }),
    ...(p.z === null ? {} : { distance: p.z }),
    ...(psize === null ? {} : { psize }),
  };
}

function refuseBoth(
  [name, isGiven, value]: readonly [string, boolean, number | null],
  [other, found, preset]: readonly [string, number | readonly number[] | null, unknown],
): void {
  if (!isGiven || value === null || found === null || found === preset) return;
  const values = typeof found === "number" ? [found] : found;
  if (values.every((one) => Math.abs(one / value - 1) < 1e-4)) return;
  throw badParameter(
    name,
    `found ${name} beside ${other} = ${JSON.stringify(found)}, which says otherwise; write one of them`,
  );
}
