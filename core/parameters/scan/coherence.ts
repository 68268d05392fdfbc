/** Parameters of partial coherence. */

import { z } from "zod";

const DISPERSION = z.enum(["achromatic", "linear", "irregular"]).nullable().prefault(null);

const coherence = z.strictObject({
  num_probe_modes: z.int().min(0).prefault(1).meta({
    description: "Mutually incoherent modes of the probe; at least 1 is needed to reconstruct",
  }),
  num_object_modes: z.int().min(0).prefault(1).meta({
    description: "Mutually incoherent modes of the object; at least 1 is needed to reconstruct",
  }),
  energies: z.array(z.number()).min(1).prefault([1]).meta({
    types: ["list"],
    description: "Photon energies of the beam as factors on the energy of the scan",
  }),
  spectrum: z.array(z.number().min(0)).min(1).prefault([1]).meta({
    types: ["list"],
    description: "Relative amplitudes of the entries of `energies`",
  }),
  object_dispersion: DISPERSION.meta({
    types: ["str"],
    description:
      "How the object depends on the energy: `achromatic` or None for not, `linear`, or `irregular` for one object each",
  }),
  probe_dispersion: DISPERSION.meta({
    types: ["str"],
    description:
      "How the probe depends on the energy: `achromatic` or None for not, `linear`, or `irregular` for one probe each",
  }),
});

/** Parameters of `coherence`. */
export const coherenceParams = coherence.prefault({}).meta({
  min: 0,
  description: "Modes and energies of partially coherent light",
});

/** Parameters of `coherence`, parsed. */
export type CoherenceParams = z.infer<typeof coherence>;
