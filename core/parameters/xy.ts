/** Parameters of scan patterns. */

import { z } from "zod";
import { listOfPairs, ndarray, pair } from "./values.ts";

/** Parameters of `xy`: any two of extent, spacing and steps are enough. */
export const xyParams = z.strictObject({
  override: ndarray().nullable().prefault(null).meta({
    types: ["ndarray"],
    description: "Positions (frame, 2), row then column, used instead of a pattern",
    unit: "m",
  }),
  model: z.union([z.enum(["round", "raster", "spiral"]), listOfPairs()]).nullable().prefault(null).meta({
    types: ["str"],
    description:
      "Pattern: concentric shells, a grid, a spiral of equal density, or a list of (row, column) in metres; None for no positions",
  }),
  extent: pair(z.number()).nullable().prefault(1.5e-5).meta({
    types: ["float", "tuple"],
    description: "Size of the scanned area; positions outside are dropped",
    unit: "m",
  }),
  spacing: pair(z.number()).nullable().prefault(1.5e-6).meta({
    types: ["float"],
    description: "Distance of neighbouring positions, one number or (vertical, horizontal)",
    unit: "m",
  }),
  steps: pair(z.int()).nullable().prefault(10).meta({
    types: ["int"],
    description: "Positions along one side of the area, one number or (vertical, horizontal)",
  }),
  offset: pair(z.number()).prefault(0).meta({
    types: ["float"],
    description: "Shift of the whole pattern, along both axes or (vertical, horizontal)",
    unit: "m",
  }),
  jitter: z.number().nullable().prefault(null).meta({
    description:
      "Greatest random displacement of every position along either axis, drawn evenly; no version of PtyPy applies it",
    unit: "m",
  }),
  count: z.int().nullable().prefault(null).meta({ description: "At most this many positions are kept; None for all" }),
});

/** Parameters of `xy`, parsed. */
export type XyParams = z.infer<typeof xyParams>;
