/** Parameters of the difference map for three-dimensional Bragg ptychography. */

import { z } from "zod";
import { named } from "../values.ts";
import { DM_SHAPE } from "./dm.ts";

const shrinkwrap = z.strictObject({
  smooth: z.number().min(0.3).nullable().prefault(1).meta({
    description:
      "Standard deviation of the Gaussian that smooths the profile of the object first; None for no smoothing",
    unit: "px",
  }),
  cutoff: z.number().prefault(0.5).meta({
    description: "The support ends where the profile has fallen to this fraction of its maximum",
  }),
  monotonic: z.boolean().prefault(true).meta({
    description: "Whether the support also ends where the profile begins to rise again",
  }),
  start: z.int().prefault(10).meta({ description: "First iteration that redraws the support" }),
  plot: z.boolean().prefault(false).meta({
    description: "Whether the profile and support are handed to the plot client",
  }),
});

const sampleSupport = z.strictObject({
  type: z.enum(["thinlayer", "rod"]).prefault("thinlayer").meta({
    description: "Form of the region that holds the sample: a layer limited along z, or a rod about the z axis",
  }),
  size: z.number().prefault(2e-7).meta({
    description: "Thickness of the layer or radius of the rod, unless `shrinkwrap` finds it",
    unit: "m",
  }),
  coefficient: z.number().min(0).max(1).prefault(0.1).meta({ description: "Factor on the object outside the support" }),
  shrinkwrap: shrinkwrap.nullable().prefault({}).meta({
    types: ["Param"],
    description: "Adapts the support to the object as it appears; None for a fixed support",
  }),
});

/** Parameters of `DM_3dBragg`. */
export const dm3dBraggParams = z.strictObject({
  ...DM_SHAPE,
  name: named("DM_3dBragg"),
  sample_support: sampleSupport.nullable().prefault({}).meta({
    types: ["Param"],
    description: "Support constraint on the three-dimensional object; None for no support",
  }),
}).meta({ description: "Difference map with a support constraint for three-dimensional Bragg ptychography" });

/** Parameters of `DM_3dBragg`, parsed. */
export type Dm3dBraggParams = z.infer<typeof dm3dBraggParams>;
