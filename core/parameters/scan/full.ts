/** Parameters of the scan model with several modes. */

import { z } from "zod";
import { illuminationParams } from "../illumination.ts";
import { sampleParams } from "../sample.ts";
import { named } from "../values.ts";
import { coherenceParams } from "./coherence.ts";
import { SCAN_MODEL_SHAPE } from "./scan_model.ts";

/** Parameters of `Full`. */
export const fullParams = z.strictObject({
  ...SCAN_MODEL_SHAPE,
  illumination: illuminationParams,
  sample: sampleParams,
  name: named("Full"),
  coherence: coherenceParams,
}).meta({ description: "Several probe and object modes with full control of how they start" });

/** Parameters of `Full`, parsed. */
export type FullParams = z.infer<typeof fullParams>;
