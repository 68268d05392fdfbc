/** Initial objects against PtyPy 0.4.0. */

import assert from "node:assert/strict";
import { initialObject, type SampleProcess } from "../../core/sample.ts";
import { createRandom } from "../../core/random.ts";
import {
  assertRelative,
  hasShared,
  INIT_ORACLE,
  oracleCases,
  readAttribute,
  readJson,
  readNumbers,
} from "./init_oracle.ts";

// The oracle's case "fill" is 0 everywhere: PtyPy fills in the scan model, after the function that the oracle called.
const CASES = [
  { name: "complex_noproc", source: "_complex_input" },
  { name: "complex_nothickness", source: "_complex_input" },
  { name: "complex_thickness", source: "_complex_input" },
  { name: "thick", source: "_thickness_input" },
  { name: "thick_offset", source: "_thickness_input" },
  { name: "thick_smooth", source: "_thickness_input" },
  { name: "thick_zoom", source: "_thickness_input" },
];
const NO_PROCESS: SampleProcess = {
  offset: [0, 0],
  zoom: null,
  formula: null,
  density: 1,
  thickness: null,
  ref_index: null,
  smoothing: null,
};
const ignore = !hasShared(INIT_ORACLE);

for (const { name, source } of CASES) {
  Deno.test({
    name: `sample ${name} is PtyPy's to 1e-10 (${ignore ? "skipped: no ../shared" : "oracle"})`,
    ignore,
    fn: () => {
      const path = `sample/${name}`;
      const given = readJson(INIT_ORACLE, path) as {
        process?: (Omit<SampleProcess, "ref_index"> & { ref_index: [number, number] | null }) | null;
      };
      const index = given.process?.ref_index;
      const object = initialObject({
        fill: { re: 1, im: 0 },
        process: given.process
          ? { ...NO_PROCESS, ...given.process, ref_index: index ? { re: index[0], im: index[1] } : null }
          : null,
      }, {
        layers: 1,
        shape: [90, 100],
        psize: [1e-7, 1e-7],
        energy: readAttribute(INIT_ORACLE, path, "energy")[0]!,
        model: {
          dtype: source === "_complex_input" ? "complex128" : "float64",
          ...readNumbers(INIT_ORACLE, `sample/${source}`),
        },
        random: createRandom(7),
        where: "sample",
      });
      assertRelative(object, readNumbers(INIT_ORACLE, path).data, 1e-10);
    },
  });
}

Deno.test({
  name: `every sample of the oracle is compared (${ignore ? "skipped: no ../shared" : "oracle"})`,
  ignore,
  fn: () =>
    assert.deepEqual([...CASES.map(({ name }) => name), "fill"].sort(), oracleCases(INIT_ORACLE, "sample").sort()),
});
