/** Refinement of the scan positions by random trial shifts, for the engines that offer it. */

import { z } from "zod";
import { meant, orSwitch } from "../values.ts";

const POSITION_REFINEMENT = z.strictObject({
  start: meant(z.int(), { from: 0 }).nullable().prefault(null).meta({
    description: "First iteration that refines positions; None for 0 if `stop` is set, else for no refinement",
  }),
  stop: meant(z.int(), { from: 0 }).nullable().prefault(null).meta({
    description: "Iteration from which positions stay fixed again; None for the last one if `start` is set",
  }),
  interval: meant(z.int(), { from: 1 }).prefault(1).meta({
    description: "Positions are refined every so many iterations",
  }),
  nshifts: meant(z.int(), { from: 1 }).prefault(4).meta({
    description: "Trial shifts per frame each time, a multiple of 4 so that all quadrants are tried equally often",
  }),
  amplitude: meant(z.number(), { above: 0 }).prefault(0.001).meta({
    description:
      "Largest size of a trial shift at the start; it shrinks linearly to zero at `stop`, and below a pixel nothing is tried",
    unit: "m",
  }),
  max_shift: meant(z.number(), { above: 0 }).prefault(0.002).meta({
    description:
      "Longer trial shifts are not tried; also decides by how much the object array is enlarged at its edges",
    unit: "m",
  }),
  record: z.boolean().prefault(false).meta({
    description: "Whether refined positions are kept; Exitwave always stores them in the result",
  }),
});

/** Shape of `position_refinement`; `true` starts it at iteration 0, `false` and None leave positions alone. */
export const POSITION_REFINEMENT_SHAPE = {
  position_refinement: orSwitch(POSITION_REFINEMENT, (on) => on ? { start: 0 } : {}).prefault({}).meta({
    types: ["Param", "bool"],
    description: "Refinement of scan positions by random search; acts if `start` or `stop` is set, or if simply `true`",
  }),
};

/** Parameters of position refinement. */
export type PositionRefinementParams = z.infer<typeof POSITION_REFINEMENT>;
