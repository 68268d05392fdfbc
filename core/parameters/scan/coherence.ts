/** Parameters of partial coherence. */

import { z } from "zod";
import { meant } from "../values.ts";

const DISPERSION = z.enum(["achromatic", "linear", "irregular"]).nullable().prefault(null);

const coherence = z.strictObject({
  num_probe_modes: meant(z.int().min(0), { from: 1 }).prefault(1).meta({
    description: "Mutually incoherent modes of the probe",
  }),
  num_object_modes: meant(z.int().min(0), { from: 1 }).prefault(1).meta({
    description: "Mutually incoherent modes of the object",
  }),
  energies: z.array(z.number()).min(1).prefault([1]).meta({
    types: ["list"],
    description: "Photon energies of the beam as factors on the energy of the scan; frames are sums over them",
  }),
  spectrum: z.array(z.number().min(0)).min(1).prefault([1]).meta({
    types: ["list"],
    description: "Relative intensities of the light at each of `energies`; a single number for equal ones",
  }),
  object_dispersion: DISPERSION.meta({
    types: ["str"],
    description:
      "How the object depends on the energy: `achromatic` or None for not at all, `linear` for a constant and a part that grows with the energy, or `irregular` for any object at each energy",
  }),
  probe_dispersion: DISPERSION.meta({
    types: ["str"],
    description:
      "How the probe depends on the energy beside its power: `achromatic` or None for not at all, `linear` for a constant and a part that grows with the energy, or `irregular` for any probe at each energy",
  }),
});

/** Parameters of `coherence`. */
export const coherenceParams = coherence.prefault({}).meta({
  min: 0,
  description: "Modes and energies of partially coherent light",
});

/** Parameters of `coherence`, parsed. */
export type CoherenceParams = z.infer<typeof coherence>;
