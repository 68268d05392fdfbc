/**
 * Light of several energies in one scan. A frame is the sum of what every energy would give on its own,
 * `I = sum over energies e, probe modes m, object modes n of |F_e(P_em O_en)|^2`, with F_e the propagator of that energy between one
 * sample grid and one detector. How P_e and O_e depend on the energy is their dispersion.
 *
 * @see Enders et al., Applied Physics Letters 104 (2014) 171104, 10.1063/1.4874304
 * @see Batey, Claus and Rodenburg, Ultramicroscopy 138 (2014) 13, 10.1016/j.ultramic.2013.12.003
 */

import { ParameterError, type ParameterIssue } from "../errors.ts";
import type { CoherenceParams } from "../parameters/scan/coherence.ts";

/** The energies of a scan. */
export interface SpectrumLayout {
  /** Factors on the energy of the scan. */
  readonly factors: readonly number[];
  /** Shares of the intensity; they add up to 1. */
  readonly shares: readonly number[];
  readonly probe: DispersionLayout;
  readonly object: DispersionLayout;
}

/** How a probe or an object depends on the energy. */
export interface DispersionLayout {
  /** `one`: a single storage for all energies. `achromatic`: one for each that differ in their power alone. Else what the parameter says. */
  readonly kind: "one" | "achromatic" | "linear" | "irregular";
  /** What storages of several energies have in common; null for nothing. */
  readonly coupling: EnergyCoupling | null;
}

/** Square matrices (energy, energy) that make storages of the energies fit what they have in common. */
export interface EnergyCoupling {
  /** The closest that fits, each energy counting by its share where an update does. */
  readonly project: readonly number[];
  /** The part of a gradient along what fits. */
  readonly restrict: readonly number[];
}

/** Most energies whose storages are coupled: what a kernel holds of a pixel. */
export const MOST_COUPLED = 32;

/** PtyPy numbers geometries with two digits. */
const MOST_ENERGIES = 100;

/**
 * The spectrum of the parameters `coherence`; `where` is the path of the scan. With equal shares and no dispersion all energies share
 * one storage.
 *
 * @throws {ParameterError} for energies and shares that no light has
 */
export function spectrumOf(p: CoherenceParams, where: string): SpectrumLayout {
  const factors = p.energies;
  const issues = findIssues(p).map(({ path, message }) => ({ path: `${where}.coherence.${path}`, message }));
  if (issues.length > 0) throw new ParameterError(issues);
  const weights = factors.map((_, i) => p.spectrum.length === 1 ? 1 : p.spectrum[i]!);
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((weight) => weight / sum);
  const mean = factors.reduce((a, f, i) => a + f * shares[i]!, 0);
  const constant = factors.map(() => 1);
  const slope = factors.map((factor) => factor - mean);
  const root = shares.map(Math.sqrt);
  const isEven = shares.every((share) => Math.abs(share * factors.length - 1) < 1e-12);
  return {
    factors,
    shares,
    probe: dispersion(p.probe_dispersion, {
      isOne: isEven,
      bases: [root, root.map((r, i) => r * slope[i]!)],
      // All energies see the same object, so that their probes are known equally well.
      weights: constant,
    }),
    object: dispersion(p.object_dispersion, { isOne: true, bases: [constant, slope], weights: shares }),
  };
}

interface Response {
  /** Whether without dispersion one storage serves all energies. */
  readonly isOne: boolean;
  /** How a storage may change with the energy: as the first without dispersion, as a sum of both where it is linear. */
  readonly bases: readonly [readonly number[], readonly number[]];
  readonly weights: readonly number[];
}

function dispersion(
  name: CoherenceParams["probe_dispersion"],
  { isOne, bases, weights }: Response,
): DispersionLayout {
  const count = weights.length;
  if (count === 1) return { kind: "one", coupling: null };
  const kind = name ?? "achromatic";
  if (kind === "achromatic" && isOne) return { kind: "one", coupling: null };
  const basis = kind === "achromatic" ? bases.slice(0, 1) : bases;
  // A line goes through any two energies.
  if (kind === "irregular" || basis.length >= count) return { kind, coupling: null };
  return {
    kind,
    coupling: { project: projector(basis, weights), restrict: projector(basis, weights.map(() => 1)) },
  };
}

/** The weighted least-squares projection onto one vector or two, `B (B^T W B)^-1 B^T W`, (row, column). */
function projector(basis: readonly (readonly number[])[], weights: readonly number[]): number[] {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]! * weights[i]!, 0);
  // Orthogonal to each other, so that the projections onto each add up.
  const [first, second] = basis;
  const others = second === undefined
    ? []
    : [second.map((v, i) => v - first![i]! * dot(second, first!) / dot(first!, first!))];
  const all = [first!, ...others];
  return weights.flatMap((_, row) =>
    weights.map((weight, column) => all.reduce((sum, b) => sum + b[row]! * b[column]! * weight / dot(b, b), 0))
  );
}

function findIssues(p: CoherenceParams): ParameterIssue[] {
  const { energies, spectrum } = p;
  const issues: ParameterIssue[] = [];
  const need = (isRight: boolean, path: string, message: string) => isRight || issues.push({ path, message });
  for (const path of ["num_probe_modes", "num_object_modes"] as const) {
    // Exit layers are numbered frame * 10000 + probe mode * 100 + object mode.
    need(p[path] >= 1 && p[path] <= 99, path, `found ${p[path]}, expected a whole number from 1 to 99`);
  }
  const found = (list: readonly number[]) => `found [${list.join(", ")}]`;
  need(
    energies.every((f) => f > 0 && f < Infinity) && new Set(energies).size === energies.length,
    "energies",
    `${found(energies)}, expected different factors above 0 on the energy of the scan, such as [0.99, 1, 1.01]`,
  );
  need(energies.length <= MOST_ENERGIES, "energies", `found ${energies.length}, expected at most ${MOST_ENERGIES}`);
  need(
    spectrum.length === 1 || spectrum.length === energies.length,
    "spectrum",
    `${found(spectrum)}, expected one relative intensity for each of the ${energies.length} energies`,
  );
  need(
    spectrum.every((s) => s > 0 && s < Infinity),
    "spectrum",
    `${found(spectrum)}, expected intensities above 0; leave out the energies that have none`,
  );
  const coupled = p.probe_dispersion === "linear" || p.object_dispersion === "linear" ||
    (spectrum.length > 1 && p.probe_dispersion !== "irregular");
  need(
    !coupled || energies.length <= MOST_COUPLED,
    "energies",
    `found ${energies.length}, expected at most ${MOST_COUPLED} where energies depend on each other`,
  );
  return issues;
}
