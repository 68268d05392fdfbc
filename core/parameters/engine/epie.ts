/** Parameters of the extended ptychographic iterative engine. */

import { z } from "zod";
import { named } from "../values.ts";
import { ENGINE_BASE, PROBE_UPDATE_START } from "./base.ts";
import { DM_SHAPE } from "./dm.ts";

/** Parameters of `ePIE`. */
export const epieParams = z.strictObject({
  ...ENGINE_BASE,
  name: named("ePIE"),
  alpha: z.number().min(0).max(1).prefault(1).meta({ description: "Step length of the object update" }),
  beta: z.number().min(0).max(1).prefault(1).meta({ description: "Step length of the probe update" }),
  ...PROBE_UPDATE_START,
  synchronization: z.int().min(1).prefault(1).meta({
    description:
      "Iterations after which the object is averaged over processes and cleared where no view reaches; a single process only clears it",
  }),
  redistribute_data: z.boolean().prefault(true).meta({
    description: "Whether frames are dealt to processes by neighbourhood; of no consequence in a single process",
  }),
  average_probe: z.boolean().prefault(false).meta({
    description: "Whether processes share one averaged probe; of no consequence in a single process",
  }),
  random_order: z.boolean().prefault(true).meta({
    description: "Whether frames are visited in a new random order every iteration instead of the order of their names",
  }),
  clip_object: DM_SHAPE.clip_object,
  obj_smooth_std: z.int().min(0).nullable().prefault(null).meta({
    description:
      "Standard deviation of the Gaussian that smooths the object after each iteration; None for no smoothing",
    unit: "px",
  }),
  probe_center_tol: z.number().min(0).nullable().prefault(3).meta({
    description:
      "The probe is moved back to the middle when its centre of mass is this far away or farther; None for never",
    unit: "px",
  }),
}).meta({ description: "Extended ptychographic iterative engine: updates probe and object after every frame" });

/** Parameters of `ePIE`, parsed. */
export type EpieParams = z.infer<typeof epieParams>;
