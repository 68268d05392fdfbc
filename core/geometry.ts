/** Geometry of an experiment: energy, distance and pixel sizes give wavelength and resolution. */

import { ParameterError, type ParameterIssue } from "./errors.ts";
import { type OneOrPair, pairOf } from "./pair.ts";
import { type CenterValue, resolveCenter } from "./preparation/center.ts";

/** How the wave gets from the sample to the detector. */
export type Propagation = "farfield" | "nearfield";

/** What describes an experiment. Exactly one of `psize` and `resolution` is enough. */
export interface GeometryOptions {
  /** Photon energy in keV; null to use `lam`. */
  readonly energy: number | null;
  /** Wavelength in metres, used where `energy` is null. */
  readonly lam?: number | null;
  /** Sample to detector in metres. */
  readonly distance: number;
  /** Detector pixel in metres, one for both axes or (y, x). */
  readonly psize?: OneOrPair | null;
  /** Sample pixel in metres, one for both axes or (y, x). */
  readonly resolution?: OneOrPair | null;
  /** Frame in pixels, one side or (y, x). */
  readonly shape: OneOrPair;
  readonly propagation: Propagation;
  /** Optical axis on the detector, words or pixels; `fftshift` if left out. */
  readonly center?: CenterValue | readonly CenterValue[];
  /** Optical axis on the sample grid, words or pixels; `fftshift` if left out. */
  readonly origin?: CenterValue | readonly CenterValue[];
  /** Where the values were written, such as `scans.MF.data`; errors name their paths below it. */
  readonly where?: string;
}

/** A complete geometry. Pairs are (y, x). */
export interface Geometry {
  readonly propagation: Propagation;
  /** Photon energy in keV. */
  readonly energy: number;
  /** Wavelength in metres. */
  readonly lam: number;
  readonly distance: number;
  readonly psize: readonly [number, number];
  readonly resolution: readonly [number, number];
  readonly shape: readonly [number, number];
  /** By how many pixels the frame would have to be larger for `psize` and `resolution` to belong together; 0 where only one was given. */
  readonly misfit: readonly [number, number];
  readonly center: CenterValue | readonly CenterValue[];
  readonly origin: CenterValue | readonly CenterValue[];
}

/** Wavelength in metres times photon energy in keV, the rounded constant of PtyPy. */
export const KEV_TO_METRE = 1.23984193e-9;

const FINEST_PIXEL = 1e-15;
const COARSEST_PIXEL = 1;

/**
 * Completes a geometry. Farfield: resolution = lam * distance / (shape * psize) per axis; nearfield: resolution = psize.
 *
 * @throws {ParameterError} for numbers that no experiment has, all of them at once, each with its path
 * @see PtyPy 0.4: core.geometry.Geo
 */
export function createGeometry(options: GeometryOptions): Geometry {
  const shape = pairOf(options.shape);
  const given = { psize: options.psize ?? null, resolution: options.resolution ?? null };
  const issues = findIssues(options, shape, given);
  if (issues.length > 0) throw new ParameterError(issues);
  const lam = options.energy !== null ? KEV_TO_METRE / options.energy : options.lam!;
  const reach = options.propagation === "farfield" ? lam * options.distance : null;
  const psize = given.psize !== null ? pairOf(given.psize) : conjugate(pairOf(given.resolution!), shape, reach);
  const resolution = given.resolution !== null ? pairOf(given.resolution) : conjugate(psize, shape, reach);
  assertPlausible(resolution, options, lam);
  const bothGiven = given.psize !== null && given.resolution !== null && reach !== null;
  const misfit = (axis: 0 | 1) => bothGiven ? reach / (resolution[axis] * psize[axis]) - shape[axis] : 0;
  return {
    propagation: options.propagation,
    energy: KEV_TO_METRE / lam,
    lam,
    distance: options.distance,
    psize,
    resolution,
    shape,
    misfit: [misfit(0), misfit(1)],
    center: options.center ?? "fftshift",
    origin: options.origin ?? "fftshift",
  };
}

/** Pixels of real experiments; beyond these limits a unit is wrong, and pixel numbers would overflow later on. */
function assertPlausible(pixel: readonly [number, number], o: GeometryOptions, lam: number): void {
  if (pixel.every((side) => side >= FINEST_PIXEL && side <= COARSEST_PIXEL)) return;
  const [finest, coarsest] = [FINEST_PIXEL, COARSEST_PIXEL].map((n) => n.toExponential());
  const found = `a sample pixel of ${pixel[0].toPrecision(3)} m from wavelength ${lam.toPrecision(3)} m, distance ` +
    `${o.distance} m, psize ${o.psize ?? "None"} m and shape ${pairOf(o.shape).join(" x ")}`;
  const message = `found ${found}, expected ${finest} to ${coarsest} m; energy is in keV, distance and psize in metres`;
  throw new ParameterError([{ path: o.where ?? "geometry", message }]);
}

/** The pixel size on the other side of the propagation. `reach` is lam * distance, or null where both sides share their pixels. */
function conjugate(
  pixel: readonly [number, number],
  shape: readonly [number, number],
  reach: number | null,
): readonly [number, number] {
  if (reach === null) return pixel;
  return [reach / (shape[0] * pixel[0]), reach / (shape[1] * pixel[1])];
}

function findIssues(
  o: GeometryOptions,
  shape: readonly [number, number],
  { psize, resolution }: Record<"psize" | "resolution", OneOrPair | null>,
): ParameterIssue[] {
  const issues: ParameterIssue[] = [];
  const where = o.where === undefined ? "" : `${o.where}.`;
  function need(name: string, value: unknown, expected: string, isRight: boolean): void {
    if (!isRight) {
      issues.push({ path: where + name, message: `found ${String(value)}, expected ${expected}` });
    }
  }
  if (o.energy !== null) need("energy", o.energy, "a photon energy in keV above 0", isPositive(o.energy));
  else if (o.lam === undefined) need("energy", "None", "a photon energy in keV above 0", false);
  else need("lam", o.lam, "a wavelength in metres above 0, or an energy", isPositive(o.lam));
  need("distance", o.distance, "a distance from sample to detector in metres above 0", isPositive(o.distance));
  need("shape", shape, "whole numbers of pixels above 0", shape.every((n) => Number.isInteger(n) && n > 0));
  if (psize === null && resolution === null) {
    need("psize", psize, "a pixel size in metres; neither psize nor resolution is given", false);
  }
  if (psize !== null) need("psize", psize, "a pixel size in metres above 0", pairOf(psize).every(isPositive));
  if (resolution !== null) {
    need("resolution", resolution, "a pixel size in metres above 0", pairOf(resolution).every(isPositive));
  }
  for (const name of ["center", "origin"] as const) {
    try {
      resolveCenter(o[name] ?? "fftshift", shape);
    } catch (e) {
      issues.push({ path: where + name, message: e instanceof Error ? e.message : String(e) });
    }
  }
  if (issues.length > 0 || o.propagation === "farfield") return issues;
  if (psize !== null && resolution !== null && String(pairOf(psize)) !== String(pairOf(resolution))) {
    need("resolution", resolution, `the same as psize (${psize}) in the nearfield`, false);
  }
  const lam = o.energy !== null ? KEV_TO_METRE / o.energy : o.lam!;
  const pixel = pairOf((psize ?? resolution)!);
  // Spatial frequencies beyond 1 / lam do not propagate.
  const isCoarse = (lam / pixel[0]) ** 2 + (lam / pixel[1]) ** 2 < 4;
  need("psize", pixel, `pixels not finer than the wavelength of ${lam} m resolves`, isCoarse);
  return issues;
}

function isPositive(value: number | null | undefined): boolean {
  return typeof value === "number" && value > 0 && value < Infinity;
}
