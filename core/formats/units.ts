/**
 * Numbers with the unit that a file gives them, in the units of the parameter tree: keV and metres. Files lie about units, so
 * that every result is held to what an experiment can have.
 */

import { DataError } from "../errors.ts";

/** Where a number stands, for messages. */
export interface NumberAt {
  readonly file: string;
  readonly dataset: string;
  /** The parameter that says the same, such as `data.energy`. */
  readonly parameter: string;
}

/** Joules of an electronvolt, exact by the definition of the SI since 2019. */
export const ELECTRONVOLT = 1.602176634e-19;

/** keV of one unit. */
const ENERGIES: Readonly<Record<string, number>> = {
  j: 1e-3 / ELECTRONVOLT,
  joule: 1e-3 / ELECTRONVOLT,
  joules: 1e-3 / ELECTRONVOLT,
  ev: 1e-3,
  electronvolt: 1e-3,
  kev: 1,
  mev: 1e3,
};

/** Metres of one unit. */
const LENGTHS: Readonly<Record<string, number>> = {
  m: 1,
  meter: 1,
  meters: 1,
  metre: 1,
  metres: 1,
  cm: 1e-2,
  mm: 1e-3,
  millimeter: 1e-3,
  millimetre: 1e-3,
  um: 1e-6,
  "µm": 1e-6,
  "μm": 1e-6,
  micron: 1e-6,
  microns: 1e-6,
  micrometer: 1e-6,
  micrometre: 1e-6,
  nm: 1e-9,
  nanometer: 1e-9,
  nanometre: 1e-9,
  pm: 1e-12,
};

/** Light of a laser to the electrons of a microscope. */
const PLAUSIBLE_KEV = [1e-3, 1e3] as const;

/** From here on a number without a unit is electronvolts: below, it might as well be keV. */
const SURELY_EV = 200;

/** What a length can be, in metres. */
export const PLAUSIBLE_LENGTHS = {
  "pixel size": [1e-9, 1e-2],
  distance: [1e-6, 1e3],
  position: [0, 1],
} as const satisfies Record<string, readonly [number, number]>;

/**
 * A photon energy in keV. Without a unit it is joules, as CXI has it, or electronvolts, as beamlines write it; which of them its
 * size says, and a number that could be something else is refused.
 *
 * @throws {DataError} for a unit that is none of energy, and for an energy that no experiment has
 */
export function energyInKev(value: number, unit: string | null, at: NumberAt): number {
  if (unit === null || unit.trim() === "") {
    const inJoules = value * ENERGIES.j!;
    if (isWithin(inJoules, PLAUSIBLE_KEV)) return inJoules;
    if (value >= SURELY_EV && isWithin(value * 1e-3, PLAUSIBLE_KEV)) return value * 1e-3;
    throw implausible({ what: "energy", found: `${value} without a unit`, expected: "joules or electronvolts", at });
  }
  const factor = factorOf(ENERGIES, unit, { kinds: "J, eV, keV", at });
  if (isWithin(value * factor, PLAUSIBLE_KEV)) return value * factor;
  throw implausible({ what: "energy", found: `${value} ${unit}`, expected: "1 eV to 1 MeV", at });
}

/**
 * A length in metres; without a unit it is metres.
 *
 * @throws {DataError} for a unit that is none of length, and for a length that no experiment has
 */
export function lengthInMetres(
  value: number,
  unit: string | null,
  { what, ...at }: NumberAt & { readonly what: keyof typeof PLAUSIBLE_LENGTHS },
): number {
  const length = value * metresOf(unit, at);
  const [min, max] = PLAUSIBLE_LENGTHS[what];
  if (isWithin(Math.abs(length), [min, max])) return length;
  throw implausible({ what, found: `${value} ${unit ?? "m"}`, expected: `${min} to ${max} m`, at });
}

/** Metres of one `unit`; 1 where there is none. @throws {DataError} for a unit that is none of length */
export function metresOf(unit: string | null, at: NumberAt): number {
  return unit === null || unit.trim() === "" ? 1 : factorOf(LENGTHS, unit, { kinds: "m, cm, mm, um, nm", at });
}

function factorOf(
  units: Readonly<Record<string, number>>,
  unit: string,
  { kinds, at }: { readonly kinds: string; readonly at: NumberAt },
): number {
  const word = unit.trim().toLowerCase();
  // "MeV" and "meV" differ by nine orders of magnitude; only the former is an energy of photons.
  if (Object.hasOwn(units, word) && unit.trim() !== "meV" && unit.trim() !== "Mm") return units[word]!;
  throw new DataError(
    `Cannot read "${at.dataset}" in "${at.file}": found the unit "${unit.trim()}", expected ${kinds}; write ${at.parameter}`,
    { file: at.file, dataset: at.dataset, found: unit, expected: kinds },
  );
}

function isWithin(value: number, [min, max]: readonly [number, number]): boolean {
  return value >= min && value <= max;
}

function implausible(
  o: { readonly what: string; readonly found: string; readonly expected: string; readonly at: NumberAt },
): DataError {
  const { file, dataset, parameter } = o.at;
  return new DataError(
    `Cannot use "${dataset}" in "${file}" as ${o.what}: found ${o.found}, expected ${o.expected}; write ${parameter}`,
    { file, dataset, found: o.found, expected: o.expected },
  );
}
