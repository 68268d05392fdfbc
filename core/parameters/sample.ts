/** Parameters of the initial object. */

import { z } from "zod";
import { objectModel } from "./model_texts.ts";
import { complex, noise, oneOrMore, orNone, pair } from "./values.ts";

const recon = z.strictObject({
  rfile: z.string().prefault("\\*.ptyr").meta({ description: "The `.ptyr` file of the earlier reconstruction" }),
});

const stxm = z.strictObject({
  label: z.string().nullable().prefault(null).meta({
    description: "Scan whose frames are analysed; None for the scan itself",
  }),
});

const process = z.strictObject({
  offset: z.tuple([z.number().min(0), z.number().min(0)]).prefault([0, 0]).meta({
    types: ["tuple", "list"],
    description: "Shift of the content relative to the scanned area, (vertical, horizontal)",
    unit: "px",
  }),
  zoom: pair(z.number().min(0)).nullable().prefault(null).meta({
    types: ["list", "tuple", "float"],
    description: "Magnification of the source, one number or (vertical, horizontal); None to leave it",
  }),
  formula: z.string().min(1).nullable().prefault(null).meta({
    description:
      "Chemical formula from which, with `density`, the refractive index follows, such as `Au` or `H2O`, by a table of scattering factors (10 eV to 150 keV); goes before `ref_index`; None to use that",
  }),
  density: z.number().nullable().prefault(1).meta({
    description: "Density that belongs to `formula`; None for that of the element, if it is one",
    unit: "g/cm^3",
  }),
  thickness: z.number().nullable().prefault(1e-6).meta({
    description:
      "Thickness of the sample where the source is greatest; None if the source already is a thickness or transmission",
    unit: "m",
  }),
  ref_index: complex(z.number().min(0)).nullable().prefault([0.5, 0]).meta({
    types: ["list", "tuple"],
    description:
      "Refractive index relative to vacuum as (real, imaginary) or a complex number, of which only the latter may be negative; None if the source is complex",
    min: 0,
  }),
  smoothing: z.int().min(0).nullable().prefault(2).meta({
    description: "Full width at half maximum of the Gaussian that smooths the source; None for none",
    unit: "px",
  }),
});

const diversity = z.strictObject({
  noise: noise().prefault(null).meta({
    types: ["tuple"],
    description:
      "Random factor that makes further modes differ from the first: rms of the phase (rad) and its smallest feature (px), optionally followed by the same for the modulus; None for none",
  }),
  power: oneOrMore(z.number()).prefault(0.1).meta({
    types: ["tuple", "float"],
    description:
      "Power of further modes relative to the first; the last number of a list holds for the modes beyond it",
  }),
  shift: z.number().nullable().prefault(null).meta({
    description:
      "Sideways shift of further modes relative to the first, all equally far, in directions that are spread evenly from the horizontal; None for none (never built in PtyPy)",
    unit: "m",
  }),
});

const sample = z.strictObject({
  model: objectModel().nullable().prefault(null).meta({
    types: ["str", "ndarray"],
    description:
      "Source of the object: None for a constant `fill`, an array or a file with one, `recon` for an earlier result, `stxm` for transmission and phase contrast of the data, or the name of a picture (`flower`, `moon`, `tree`, a transmission; `star`, a thickness)",
  }),
  fill: complex().prefault(1).meta({
    types: ["float", "complex"],
    description: "Transmission of the whole object without a model, and of the gaps left by `offset`",
  }),
  recon: recon.prefault({}).meta({ description: "Earlier reconstruction to start from, if `model` is `recon`" }),
  stxm: stxm.prefault({}).meta({
    description: "Estimate from transmission and phase contrast of the data, if `model` is `stxm`",
  }),
  process: process.nullable().prefault({}).meta({
    types: ["Param", "NoneType"],
    description: "How the source becomes a transmission; None to take it as it is",
  }),
  diversity: diversity.nullable().prefault({}).meta({
    types: ["Param"],
    description: "What makes further object modes differ from the first; None for equal modes",
  }),
});

/** Initial object with a model. */
export const sampleParams = orNone(sample).prefault({}).meta({
  types: ["Param"],
  description: "Initial object",
});

/** Parameters of the initial object, parsed. */
export type SampleParams = z.infer<typeof sample>;
