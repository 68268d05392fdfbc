/** Step scans of NanoMAX (MAX IV) as of November 2016. */

import type { NanomaxStepscanNov2016Params } from "../parameters/scandata/nanomax.ts";
import { defineLoader } from "./loader.ts";
import { maskOf, PLAIN_STAGE } from "./nanomax_master.ts";
import { openStepScan } from "./nanomax_step.ts";

/**
 * Positions are -(samy, samx) of the Sardana master file, in micrometres; each frame is a file of its own.
 *
 * @throws {ParameterError} if files are not named
 * @throws {DataError} if files or data sets are missing or do not fit together
 * @see PtyPy 0.4: NanomaxStepscanNov2016 (differs: frames are read by range)
 */
export const nanomaxStepscanNov2016 = defineLoader<NanomaxStepscanNov2016Params>({
  name: "NanomaxStepscanNov2016",
  open: (p, services) =>
    openStepScan(p, {
      services,
      dataset: "entry_0000/measurement/Pilatus/data",
      stage: PLAIN_STAGE,
      weight: (frames) => maskOf(p, frames, services),
    }),
});
