/** Propagators against PtyPy 0.4.0. */

import assert from "node:assert/strict";
import { createGeometry, type GeometryOptions } from "../../core/geometry.ts";
import { createPropagator } from "../../core/propagators/propagator.ts";
import {
  assertRelative,
  hasShared,
  INIT_ORACLE,
  oracleCases,
  readAttribute,
  readJson,
  readNumbers,
} from "./init_oracle.ts";

const CASES = [
  "ff_even",
  "ff_odd",
  "ff_center_fft",
  "ff_center_geometric",
  "ff_center_tuple",
  "ff_misfit",
  "ff_resolution",
  "nf",
  "nf_odd",
];
const ignore = !hasShared(INIT_ORACLE);

for (const name of CASES) {
  Deno.test({
    name: `propagator ${name} is PtyPy's to 1e-10 (${ignore ? "skipped: no ../shared" : "oracle"})`,
    ignore,
    fn: () => {
      const path = `propagators/${name}`;
      const geometry = createGeometry(readJson(INIT_ORACLE, path) as unknown as GeometryOptions);
      assertRelative(geometry.psize, readAttribute(INIT_ORACLE, path, "psize"), 1e-14);
      assertRelative(geometry.resolution, readAttribute(INIT_ORACLE, path, "resolution"), 1e-14);
      assertRelative([geometry.lam], readAttribute(INIT_ORACLE, path, "lam"), 1e-14);
      const propagator = createPropagator(geometry, { wholePixels: true });
      if (name.startsWith("ff")) assertRelative(propagator.padding, readAttribute(INIT_ORACLE, path, "crop_pad"), 0);
      const input = readNumbers(INIT_ORACLE, `${path}/input`).data;
      assertRelative(propagator.forward(input), readNumbers(INIT_ORACLE, `${path}/fw`).data, 1e-10);
      assertRelative(propagator.backward(input), readNumbers(INIT_ORACLE, `${path}/bw`).data, 1e-10);
    },
  });
}

Deno.test({
  name: `every propagators of the oracle is compared (${ignore ? "skipped: no ../shared" : "oracle"})`,
  ignore,
  fn: () => assert.deepEqual(CASES.sort(), oracleCases(INIT_ORACLE, "propagators").sort()),
});
