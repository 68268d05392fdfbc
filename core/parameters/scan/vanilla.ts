/** Parameters of the scan model with one probe and one object mode. */

import { z } from "zod";
import { illuminationText } from "../model_texts.ts";
import { complex, named, orNone } from "../values.ts";
import { SCAN_MODEL_SHAPE } from "./scan_model.ts";

const illumination = z.strictObject({
  size: z.number().nullable().prefault(null).meta({
    description: "Diameter of the disc that the probe starts as; None for a third of the frame",
    unit: "m",
  }),
});

const sample = z.strictObject({
  fill: complex().prefault(1).meta({
    types: ["float", "complex"],
    description: "Transmission that the whole object starts with",
  }),
});

/** Initial object of models with one object mode. */
export const filledSampleParams = orNone(sample).prefault({}).meta({ types: ["Param"], description: "Initial object" });

/** Parameters of `Vanilla`. */
export const vanillaParams = z.strictObject({
  ...SCAN_MODEL_SHAPE,
  illumination: z.union([orNone(illumination), illuminationText()]).prefault({}).meta({
    types: ["Param", "str"],
    description:
      "Initial probe; a text stands for a `.ptyr` file to start from, `stxm`, a picture or a template, as in `Full`",
  }),
  sample: filledSampleParams,
  name: named("Vanilla"),
}).meta({ description: "One probe mode, one object mode, one energy" });

/** Parameters of `Vanilla`, parsed. */
export type VanillaParams = z.infer<typeof vanillaParams>;
