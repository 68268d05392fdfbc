/** Parameters of the difference map. */

import { z } from "zod";
import { named } from "../values.ts";
import { ENGINE_BASE, PROBE_UPDATE_START } from "./base.ts";
import { POSITION_REFINEMENT_SHAPE } from "./position_refinement.ts";

/** Shape of what the two difference maps with an overlap loop share with the simple one. */
export const OVERLAP_SHAPE = {
  alpha: z.number().min(0).prefault(1).meta({
    description: "Mixing of the difference map: 1 for the full map, 0 for alternating projections",
  }),
  overlap_converge_factor: z.number().min(0).prefault(0.05).meta({
    description: "The loop that fits probe and object to the exit waves ends when the probe changes relatively by less",
  }),
  overlap_max_iterations: z.int().min(1).prefault(10).meta({
    description: "The loop that fits probe and object to the exit waves ends after this many turns at the latest",
  }),
};

/** Shape of the difference map, shared with its three-dimensional form. */
export const DM_SHAPE = {
  ...ENGINE_BASE,
  ...POSITION_REFINEMENT_SHAPE,
  ...OVERLAP_SHAPE,
  ...PROBE_UPDATE_START,
  subpix_start: z.int().min(0).prefault(0).meta({
    description: "Iteration from which `subpix` would act; no version of PtyPy uses it, so only the default is taken",
  }),
  subpix: z.enum(["linear", "fourier"]).nullable().prefault("linear").meta({
    types: ["str"],
    description:
      "Kind of sub-pixel shift of views; no version of PtyPy uses it, so only the default and None are taken",
  }),
  update_object_first: z.boolean().prefault(true).meta({
    description: "Whether each overlap loop begins with the object instead of the probe",
  }),
  probe_inertia: z.number().min(0).prefault(1e-9).meta({
    description: "Share of the old probe in the new one, relative to the number of frames",
  }),
  object_inertia: z.number().min(0).prefault(1e-4).meta({
    description: "Share of the old object in the new one, relative to the mean photons per pixel",
  }),
  fourier_relax_factor: z.number().min(0).prefault(0.05).meta({
    description:
      "Frames whose rms misfit is below this fraction of the strongest frame count as matched and keep their magnitudes; raise it for noisy data",
  }),
  obj_smooth_std: z.number().min(0).nullable().prefault(null).meta({
    description:
      "Standard deviation of the Gaussian that smooths the old object in each object update; None for no smoothing",
    unit: "px",
  }),
  clip_object: z.tuple([z.number(), z.number()]).refine(([least, greatest]) => 0 <= least && least <= greatest).meta({
    allowed: "a list of 2 numbers from 0, the smaller one first",
  }).nullable().prefault(null).meta({
    types: ["tuple"],
    description: "Least and greatest modulus that the object may have; phases are kept; None for no limits",
  }),
  probe_center_tol: z.number().min(0).nullable().prefault(null).meta({
    description:
      "The probe is moved back to the middle when its centre of mass is this far away or farther; None for never",
    unit: "px",
  }),
};

/** Parameters of `DM`. */
export const dmParams = z.strictObject({ ...DM_SHAPE, name: named("DM") }).meta({
  description: "Difference map: projects between measured magnitudes and the product of one probe and one object",
});

/** Parameters of `DM`, parsed. */
export type DmParams = z.infer<typeof dmParams>;
