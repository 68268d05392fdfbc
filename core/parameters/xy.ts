/** Parameters of scan patterns. */

import { z } from "zod";
import { ndarray, pair } from "./values.ts";

/** Parameters of `xy`: any two of extent, spacing and steps are enough. */
export const xyParams = z.strictObject({
  override: ndarray().nullable().prefault(null).meta({
    types: ["ndarray"],
    description: "Positions (frame, 2), row then column, used instead of a pattern",
    unit: "m",
  }),
  model: z.enum(["round", "raster", "spiral"]).nullable().prefault(null).meta({
    types: ["str"],
    description: "Pattern: concentric shells, a grid, or a spiral of equal density; None for no positions",
  }),
  extent: pair(z.number()).nullable().prefault(1.5e-5).meta({
    types: ["float", "tuple"],
    description: "Size of the scanned area; positions outside are dropped",
    unit: "m",
  }),
  spacing: z.number().nullable().prefault(1.5e-6).meta({
    description: "Distance of neighbouring positions",
    unit: "m",
  }),
  steps: z.int().nullable().prefault(10).meta({ description: "Positions along one side of the area" }),
  offset: z.number().prefault(0).meta({ description: "Shift of the whole pattern along both axes", unit: "m" }),
  jitter: z.number().nullable().prefault(null).meta({
    description: "Random displacement of every position; no version of PtyPy applies it",
    unit: "m",
  }),
  count: z.int().nullable().prefault(null).meta({ description: "At most this many positions are kept; None for all" }),
});

/** Parameters of `xy`, parsed. */
export type XyParams = z.infer<typeof xyParams>;
