/** Parameters of the maximum likelihood engine. */

import { z } from "zod";
import { meant, named } from "../values.ts";
import { ENGINE_BASE, PROBE_UPDATE_START } from "./base.ts";
import { POSITION_REFINEMENT_SHAPE } from "./position_refinement.ts";

/** Parameters of `ML`. */
export const mlParams = z.strictObject({
  ...ENGINE_BASE,
  ...POSITION_REFINEMENT_SHAPE,
  name: named("ML"),
  ML_type: z.enum(["gaussian", "poisson", "euclid"]).prefault("gaussian").meta({
    description: "Noise model whose negative log-likelihood is minimised",
  }),
  floating_intensities: z.boolean().prefault(false).meta({
    description: "Whether each frame has a free factor on its intensity, for beams whose flux is not steady",
  }),
  intensity_renormalization: z.number().min(0).prefault(1).meta({
    description: "Factor that turns the measured values into photon counts",
  }),
  reg_del2: z.boolean().prefault(false).meta({
    description: "Whether steep changes of the object are penalised (Gaussian prior on its gradient)",
  }),
  reg_del2_amplitude: z.number().min(0).prefault(0.01).meta({ description: "Strength of the penalty of `reg_del2`" }),
  smooth_gradient: meant(z.number(), { from: 0 }).prefault(0).meta({
    description: "Standard deviation of the Gaussian that smooths the object gradient; 0 for none",
    unit: "px",
  }),
  smooth_gradient_decay: z.number().refine((v) => v >= 0 && v <= 1).meta({ allowed: "a number from 0 to 1" }).prefault(
    0,
  ).meta({
    description: "Fraction by which the width of `smooth_gradient` shrinks in every iteration",
  }),
  scale_precond: z.boolean().prefault(false).meta({
    description: "Whether probe and object steps are balanced by the sizes of their gradients; helps weak samples",
  }),
  scale_probe_object: z.number().min(0).prefault(1).meta({
    description: "Weight of the probe step relative to the object step",
  }),
  ...PROBE_UPDATE_START,
}).meta({ description: "Maximum likelihood by conjugate gradients with an exact line search" });

/** Parameters of `ML`, parsed. */
export type MlParams = z.infer<typeof mlParams>;
