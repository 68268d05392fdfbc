/** Parameters that every engine has. */

import { z } from "zod";

/** Shape of the parameters that every engine has. */
export const ENGINE_BASE = {
  numiter: z.int().min(1).prefault(20).meta({ description: "How many iterations this engine does" }),
  numiter_contiguous: z.int().min(1).prefault(1).meta({
    description: "Iterations done in one block; only between blocks is progress reported, saved or stopped by the user",
  }),
  probe_support: z.number().min(0).nullable().prefault(0.7).meta({
    description:
      "Area of the centred disc outside which the probe is set to zero, as a fraction of the frame's area; None for no such disc",
  }),
};

/** Shape of the starting point of the probe update, for engines that have one. */
export const PROBE_UPDATE_START = {
  probe_update_start: z.int().min(0).prefault(2).meta({
    description: "The probe is kept as it is until this many iterations are done",
  }),
};
