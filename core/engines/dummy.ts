/** An engine that does nothing but wait. */

import { setErrors } from "../../kernels/metrics/set_errors.ts";
import { wholeCall } from "../../kernels/pass.ts";
import type { DummyParams } from "../parameters/engine/dummy.ts";
import { defineEngine } from "./engine.ts";

/**
 * Waits `itertime` seconds per iteration, touches nothing and reports the photon error 0.9^i in iteration i = 0, 1, ...
 * @see PtyPy 0.4: engines.Dummy
 */
export const dummy = defineEngine<DummyParams>({
  name: "Dummy",
  citation: "none: it reconstructs nothing",
  errorsPer: "frame",
  waves: 0,
  usesExitWaves: false,
  start: ({ resident, errors }, p) => (iteration) => {
    resident.pause(p.itertime);
    resident.run(wholeCall(setErrors, { errors }, { photonError: 0.9 ** iteration }));
  },
});
