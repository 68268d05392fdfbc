/** Units of files: each closed by hand, and what is refused. */

import assert from "node:assert/strict";
import { energyInKev, lengthInMetres, metresOf, type NumberAt } from "./units.ts";

const AT: NumberAt = { file: "a.cxi", dataset: "/entry_1/x", parameter: "data.energy" };
/** Rounding of one product. */
const ROUNDING = 1e-12;

// 8.8 keV in every unit: 8800 * 1.602176634e-19 J.
const KEV_8_8 = [
  [1.40991543792e-15, "J"],
  [1.40991543792e-15, null],
  [8800, "eV"],
  [8800, null],
  [8.8, "keV"],
  [
    8.8,
    "KeV",
  ],
  [0.0088, "MeV"],
  [8800, " ev "],
] as const;

for (const [value, unit] of KEV_8_8) {
  Deno.test(`energyInKev() of ${value} ${unit ?? "without a unit"} is 8.8 keV`, () => {
    assert.ok(Math.abs(energyInKev(value, unit, AT) / 8.8 - 1) < ROUNDING);
  });
}

Deno.test("energyInKev() refuses what may be keV, is none, or contradicts its unit", () => {
  const refused = (value: number, unit: string | null, text: RegExp) =>
    assert.throws(() => energyInKev(value, unit, AT), { _tag: "DataError", message: text });
  refused(8.8, null, /found 8.8 without a unit, expected joules or electronvolts; write data.energy/);
  refused(1.4e-15, "eV", /"\/entry_1\/x" in "a.cxi" as energy: found 1.4e-15 eV, expected 1 eV to 1 MeV/);
  // The energy of a storage ring is no photon energy.
  refused(3e9, "eV", /found 3000000000 eV/);
  refused(8800, "J", /found 8800 J/);
  refused(8.8, "furlong", /found the unit "furlong", expected J, eV, keV/);
  refused(8.8, "meV", /found the unit "meV"/);
  refused(NaN, "eV", /found NaN eV/);
});

Deno.test("lengthInMetres() knows units, and refuses lengths that no experiment has", () => {
  const distance = (value: number, unit: string | null) => lengthInMetres(value, unit, { ...AT, what: "distance" });
  assert.equal(distance(1.92, null), 1.92);
  assert.equal(distance(1.92, "m"), 1.92);
  assert.equal(distance(1920, "mm"), 1.92);
  assert.ok(Math.abs(lengthInMetres(75, "um", { ...AT, what: "pixel size" }) / 75e-6 - 1) < ROUNDING);
  assert.ok(Math.abs(lengthInMetres(75, "µm", { ...AT, what: "pixel size" }) / 75e-6 - 1) < ROUNDING);
  // Without a unit a detector of 75 m pixels would be read.
  assert.throws(() => lengthInMetres(75, null, { ...AT, what: "pixel size" }), {
    message: /as pixel size: found 75 m, expected 1e-9 to 0.01 m/,
  });
  assert.throws(() => distance(0, "m"), { message: /as distance: found 0 m/ });
  assert.throws(() => distance(1, "Mm"), { message: /the unit "Mm"/ });
  assert.equal(metresOf("nm", AT), 1e-9);
  assert.equal(metresOf(null, AT), 1);
});
