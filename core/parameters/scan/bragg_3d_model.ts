/** Parameters of the scan model for three-dimensional Bragg ptychography. */

import { z } from "zod";
import { SINGLE_ILLUMINATION_SHAPE } from "../illumination.ts";
import { illuminationText } from "../model_texts.ts";
import { named, orNone } from "../values.ts";
import { SCAN_MODEL_SHAPE } from "./scan_model.ts";
import { filledSampleParams } from "./vanilla.ts";

const illumination = z.strictObject({
  ...SINGLE_ILLUMINATION_SHAPE,
  size: z.number().nullable().prefault(null).meta({
    description: "Diameter of the disc that the probe starts as; None to use the other parameters",
    unit: "m",
  }),
});

/** Parameters of `Bragg3dModel`. */
export const bragg3dModelParams = z.strictObject({
  ...SCAN_MODEL_SHAPE,
  illumination: z.union([orNone(illumination), illuminationText()]).prefault({}).meta({
    types: ["Param", "str"],
    description: "Initial probe before it is carried through the crystal; a text stands for a `.ptyr` file or a model",
  }),
  sample: filledSampleParams,
  name: named("Bragg3dModel"),
}).meta({ description: "Three-dimensional object from rocking curves at a Bragg reflection" });

/** Parameters of `Bragg3dModel`, parsed. */
export type Bragg3dModelParams = z.infer<typeof bragg3dModelParams>;
