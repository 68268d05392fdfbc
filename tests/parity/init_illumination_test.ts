/** Initial probes against PtyPy 0.4.0, random ones included: numpy's seed 7 through our generator. */

import assert from "node:assert/strict";
import { type IlluminationOptions, initialProbe } from "../../core/illumination.ts";
import { createRandom } from "../../core/random.ts";
import { illuminationParams } from "../../core/parameters/illumination.ts";
import {
  assertRelative,
  hasShared,
  INIT_ORACLE,
  oracleCases,
  readAttribute,
  readJson,
  readNumbers,
} from "./init_oracle.ts";

const EXACT = [
  "default",
  "nosize",
  "noform",
  "circ",
  "circ_edge_stop",
  "rect_rot",
  "ndarray_model",
  "diffuser2",
  "diffuser4",
  "modes3_noise2",
  "modes3_power_tuple",
];
/** PtyPy makes these with complex64 propagator factors, whatever the precision of the run. */
const SINGLE = ["focussed", "focussed_parallel", "parallel", "spot"];
const ignore = !hasShared(INIT_ORACLE);

for (const name of [...EXACT, ...SINGLE]) {
  const tolerance = SINGLE.includes(name) ? 1e-6 : 1e-10;
  Deno.test({
    name: `illumination ${name} is PtyPy's to ${tolerance} (${ignore ? "skipped: no ../shared" : "oracle"})`,
    ignore,
    fn: () => {
      const path = `illumination/${name}`;
      const { model, ...given } = readJson(INIT_ORACLE, path);
      const oracle = readNumbers(INIT_ORACLE, path);
      const input = readNumbers(INIT_ORACLE, "illumination/_ndarray_model_input");
      const p = illuminationParams.parse(given);
      assert.ok(typeof p === "object");
      const [psize] = readAttribute(INIT_ORACLE, path, "psize");
      const [seed] = readAttribute(INIT_ORACLE, path, "numpy_seed");
      const probe = initialProbe(p as IlluminationOptions, {
        layers: oracle.shape[0]!,
        shape: [64, 64],
        psize: [psize!, psize!],
        energy: readAttribute(INIT_ORACLE, path, "energy")[0]!,
        model: model === undefined ? null : { dtype: "complex128", ...input },
        random: createRandom(seed!),
        where: "illumination",
      });
      assertRelative(probe, oracle.data, tolerance);
    },
  });
}

Deno.test({
  name: `every illumination of the oracle is compared (${ignore ? "skipped: no ../shared" : "oracle"})`,
  ignore,
  fn: () => assert.deepEqual([...EXACT, ...SINGLE].sort(), oracleCases(INIT_ORACLE, "illumination").sort()),
});
