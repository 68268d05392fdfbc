/** Step scans of NanoMAX (MAX IV) as of May 2017. */

import type { NanomaxStepscanMay2017Params } from "../parameters/scandata/nanomax.ts";
import { defineLoader } from "./loader.ts";
import { maskOfDead } from "./nanomax_master.ts";
import { openStepScan } from "./nanomax_step.ts";

/**
 * As of November 2016, with a stage that may be flipped or turned; pixels that are -2 in the first frame are masked.
 *
 * @throws {ParameterError} if files are not named
 * @throws {DataError} if files or data sets are missing or do not fit together
 * @see PtyPy 0.4: NanomaxStepscanMay2017 (differs: frames are read by range)
 */
export const nanomaxStepscanMay2017 = defineLoader<NanomaxStepscanMay2017Params>({
  name: "NanomaxStepscanMay2017",
  open: (p, services) =>
    openStepScan(p, {
      services,
      dataset: p.hdfPath,
      stage: p,
      weight: (frames) => maskOfDead(p, frames, services),
    }),
});
