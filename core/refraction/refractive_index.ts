/** The refractive index of a substance for x-rays from its formula and density. */

import { ParameterError } from "../errors.ts";
import { KEV_TO_METRE } from "../geometry.ts";
import { parseFormula } from "./formula.ts";
import { type Element, findElement, nearestSymbol } from "./scattering_factors.ts";

/** A substance, as the parameters `sample.process` name it. */
export interface Substance {
  /** Such as `Au` or `H2O`. */
  readonly formula: string;
  /** g/cm^3; null for that of the element, if it is one. */
  readonly density: number | null;
}

/** A refractive index without its 1: n - 1 = re + i im = -delta + i beta, and the density that it is of in g/cm^3. */
export interface RefractiveIndex {
  readonly re: number;
  readonly im: number;
  readonly density: number;
}

/** Radius of the electron in metres (CODATA 2018). */
const ELECTRON_RADIUS = 2.8179403262e-15;
/** Atoms in a mole. */
const AVOGADRO = 6.02214076e23;
/** Nothing on earth is as dense: osmium has 22.6 g/cm^3. */
const DENSEST = 30;

/**
 * n - 1 = -r_e lam^2 / (2 pi) N (f1 - i f2) at a photon energy in keV, N formula units per volume and their factors summed over
 * the atoms. A wave of exp(i k n z) is absorbed by a positive imaginary part.
 *
 * where  path of the group with both parameters, such as `scans.MF.sample.process`
 *
 * @throws {ParameterError} naming `formula` or `density`: no formula, no such element, no density, energy outside of the table
 * @see Als-Nielsen, McMorrow, Elements of Modern X-ray Physics, 2nd ed. (2011), eq. 3.11 to 3.13
 */
export function refractiveIndex(
  { formula, density: given }: Substance,
  { energy, where }: { readonly energy: number; readonly where: string },
): RefractiveIndex {
  const atoms = atomsOf(formula, `${where}.formula`);
  const density = given ?? densityOf(atoms, { formula, path: `${where}.density` });
  if (!(density > 0 && density <= DENSEST)) {
    fail(`${where}.density`, `found ${density}, expected grams per cubic centimetre above 0 and up to ${DENSEST}`);
  }
  let [mass, f1, f2] = [0, 0, 0];
  for (const { element, count } of atoms) {
    const [low, high] = element.range;
    if (!(energy >= low && energy <= high)) {
      fail(
        `${where}.formula`,
        `found "${formula}" at ${energy} keV, expected an energy within the table of ${element.symbol}, ` +
          `${low.toPrecision(3)} to ${high.toPrecision(3)} keV; write ref_index instead`,
      );
    }
    const factor = element.factor(energy);
    mass += count * element.mass;
    f1 += count * factor.f1;
    f2 += count * factor.f2;
  }
  const lam = KEV_TO_METRE / energy;
  const perVolume = density * 1e6 * AVOGADRO / mass;
  const unit = ELECTRON_RADIUS * lam * lam / (2 * Math.PI) * perVolume;
  return { re: -unit * f1, im: unit * f2, density };
}

interface Atoms {
  readonly element: Element;
  readonly count: number;
}

function atomsOf(formula: string, path: string): Atoms[] {
  let composition;
  try {
    composition = parseFormula(formula);
  } catch (e) {
    const because = e instanceof Error ? e.message : String(e);
    fail(path, `found "${formula}", expected a formula such as Au, H2O or Ca5(PO4)3OH: ${because}`);
  }
  return Array.from(composition, ([symbol, count]) => {
    const element = findElement(symbol);
    if (element !== null) return { element, count };
    const near = nearestSymbol(symbol);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    fail(path, `found "${formula}" with "${symbol}", expected elements from H to U${hint}`);
  });
}

function densityOf(atoms: readonly Atoms[], { formula, path }: { formula: string; path: string }): number {
  if (atoms.length === 1) return atoms[0]!.element.density;
  fail(path, `found None, expected the density of "${formula}" in g/cm^3; only that of an element is known`);
}

function fail(path: string, message: string): never {
  throw new ParameterError([{ path, message }]);
}
