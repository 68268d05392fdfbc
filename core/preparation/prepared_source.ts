/** Sources whose frames were prepared before: they are taken as they are. */

import { DataError, ParameterError } from "../errors.ts";
import type { OpenScan } from "../loaders/loader.ts";
import type { PtyScanParams } from "../parameters/scandata/pty_scan.ts";
import { type CenterValue, type FrameShape, resolveCenter } from "./center.ts";
import type { PlanContext } from "./plan.ts";

/**
 * Refuses parameters that would change frames which are prepared already, and frames whose geometry nobody gives. The same value
 * as in the source is no contradiction.
 *
 * @throws {ParameterError} with every parameter that contradicts the source
 * @throws {DataError} if neither source nor user say energy, distance or psize
 */
export function refuseProcessing(scan: OpenScan, p: PtyScanParams, o: PlanContext): void {
  const processing = [
    ["save", p.save !== null],
    ["rebin", p.rebin !== null && p.rebin !== 1],
    ["orientation", p.orientation !== null && p.orientation !== 0],
    ["auto_center", p.auto_center === true],
    ["add_poisson_noise", p.add_poisson_noise],
  ] as const;
  const issues = processing.filter(([, isOn]) => isOn).map(([name]) => contradiction(name, p, o));
  for (const name of ["energy", "distance", "psize", "center", "shape"] as const) {
    const found = scan.found[name];
    if (!o.written.has(name) || found === undefined || p[name] === null) continue;
    if (!same(p[name], { name, found, shape: scan.found.shape })) issues.push(contradiction(name, p, o));
  }
  if (issues.length > 0) throw new ParameterError(issues);
  // The defaults of these describe no experiment: a simulation may use them, measured data may not.
  const missing = (["energy", "distance", "psize"] as const).filter((name) => {
    return scan.found[name] === undefined && !o.written.has(name);
  });
  if (missing.length === 0) return;
  const source = scan.source ?? o.label;
  throw new DataError(
    `Cannot use ${source}: found no ${missing.join(", no ")} in it, expected a geometry; write ${
      missing.map((name) => `scans.${o.label}.data.${name}`).join(", ")
    }`,
    { source, found: [], expected: missing },
  );
}

function contradiction(name: keyof PtyScanParams, p: PtyScanParams, o: PlanContext): { path: string; message: string } {
  const written = JSON.stringify(p[name]);
  const message =
    `found ${written}, but frames of source "file" are taken as they are; set data.source to the path of the file to process them again`;
  return { path: `scans.${o.label}.data.${name}`, message };
}

function same(
  written: string | number | readonly CenterValue[],
  o: { name: string; found: number | readonly number[]; shape: FrameShape | undefined },
): boolean {
  const wanted = o.name === "center" && o.shape !== undefined ? resolveCenter(written, o.shape) : written;
  const a = typeof wanted === "object" ? wanted : [wanted, wanted];
  const b = typeof o.found === "object" ? o.found : [o.found, o.found];
  return a.every((n, axis) => Math.abs(Number(n) - b[axis]!) <= 1e-9 * Math.abs(b[axis]!));
}
