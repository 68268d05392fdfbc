/**
 * Writes fixtures/init.json: a few values of each oracle of initialisation, for machines without ../shared.
 * Run: deno run -A tests/parity/record_init_fixture.ts
 */

import { join } from "node:path";
import { openHdf5 } from "../../core/formats/hdf5.ts";
import { INIT_ORACLE, readAttribute, readJson, readNumbers, sharedPath } from "./init_oracle.ts";

/** Values kept of each case: some of every part of the array, none of them on a regular grid of rows. */
const KEPT = 24;

const cases: Record<string, unknown> = {};
using oracle = openHdf5(sharedPath(INIT_ORACLE));
for (const group of ["xy", "illumination"]) {
  for (const name of oracle.keys(group)) {
    const path = `${group}/${name}`;
    if (name.startsWith("_") || name === "ndarray_model") continue;
    const { data, shape } = readNumbers(INIT_ORACLE, path);
    const step = Math.max(1, Math.floor(data.length / KEPT));
    const at = Array.from({ length: Math.min(KEPT, data.length) }, (_, i) => (i * step + 7 * i * i) % data.length);
    const common = { params: readJson(INIT_ORACLE, path), shape, at, values: at.map((i) => data[i]) };
    cases[path] = group === "xy" ? common : {
      ...common,
      energy: readAttribute(INIT_ORACLE, path, "energy")[0],
      psize: readAttribute(INIT_ORACLE, path, "psize")[0],
      seed: readAttribute(INIT_ORACLE, path, "numpy_seed")[0],
      largest: Math.max(...data.map(Math.abs)),
    };
  }
}
Deno.writeTextFileSync(join(import.meta.dirname!, "fixtures/init.json"), JSON.stringify(cases, null, 1) + "\n");
