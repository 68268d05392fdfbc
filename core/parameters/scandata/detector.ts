/** Parameters of the detector of a simulation. */

import { z } from "zod";
import { meant, pair } from "../values.ts";

/** Detectors that are known by name. */
export const DETECTOR_NAMES = [
  "PILATUS_100K",
  "PILATUS_300K",
  "PILATUS_1M",
  "PILATUS_2M",
  "PILATUS_6M",
  "EIGER_500K",
  "EIGER_1M",
  "EIGER_4M",
  "EIGER_9M",
  "EIGER_16M",
  "GenericCCD14bit",
  "GenericCCD16bit",
  "GenericCCD32bit",
] as const;

/** Element types of counts. */
export const COUNT_TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"] as const;

const size = pair(z.int().min(1));

/** A detector by its own parameters; None for what the one that `name` chooses has. */
export const detectorParams = z.strictObject({
  name: z.enum(DETECTOR_NAMES).nullable().prefault(null).meta({
    ours: true,
    description: "Known detector that the other parameters start from; None for one that counts every photon",
  }),
  shape: size.nullable().prefault(null).meta({
    ours: true,
    types: ["int", "tuple"],
    description:
      "Pixels of the detector, (rows, columns), its middle on the middle of the frame; without `name` as many as a frame",
    unit: "px",
  }),
  modules: size.nullable().prefault(null).meta({
    ours: true,
    types: ["int", "tuple"],
    description: "Pixels of one module, (rows, columns), between gaps; without `name` there are no gaps",
    unit: "px",
  }),
  gaps: pair(z.int().min(0)).nullable().prefault(null).meta({
    ours: true,
    types: ["int", "tuple"],
    description: "Width of the gaps between modules, (rows, columns); their pixels are 0 and masked",
    unit: "px",
  }),
  qe: z.number().min(0).max(1).nullable().prefault(null).meta({
    ours: true,
    description: "Quantum efficiency: part of the photons that are counted; without `name` 1",
  }),
  poisson: z.boolean().nullable().prefault(null).meta({
    ours: true,
    description: "Whether counts are drawn from the Poisson distribution; false for their means; without `name` true",
  }),
  shot_noise: z.number().min(0).nullable().prefault(null).meta({
    ours: true,
    description: "Standard deviation of the normal noise whose modulus is added to every pixel; without `name` 0",
    unit: "photons",
  }),
  full_well: meant(z.number(), { above: 0 }).nullable().prefault(null).meta({
    ours: true,
    description: "Greatest count of a pixel; more is clipped and masked; without `name` no limit",
    unit: "photons",
  }),
  adu: meant(z.number(), { above: 0 }).nullable().prefault(null).meta({
    ours: true,
    description: "Photons per unit of the stored counts, which are cut to whole numbers; without `name` 1",
    unit: "photons",
  }),
  dtype: z.enum(COUNT_TYPES).nullable().prefault(null).meta({
    ours: true,
    description: "Element type of the stored counts; what it cannot hold is clipped and masked; without `name` uint32",
  }),
});

/** A detector by its own parameters, parsed. */
export type DetectorParams = z.infer<typeof detectorParams>;
