/** Parameters of the initial probe. */

import { z } from "zod";
import { illuminationText, probeModel } from "./model_texts.ts";
import { meant, noise, oneOrMore, orNone, pair } from "./values.ts";

const length = z.number().min(0);

const aperture = z.strictObject({
  rotate: z.number().prefault(0).meta({ description: "Rotation of the aperture about the optical axis", unit: "rad" }),
  central_stop: z.number().min(0).max(1).nullable().prefault(null).meta({
    description: "Size of a beam stop of the same form in the middle, as a fraction of `size`; None for no stop",
  }),
  diffuser: noise().prefault(null).meta({
    types: ["tuple"],
    description:
      "Random transmission of the open part: rms of the phase (rad) and its smallest feature (px), optionally followed by the same for the modulus; None for clear",
  }),
  edge: z.number().prefault(2).meta({ description: "Width over which the edge rises from dark to bright", unit: "px" }),
  form: z.enum(["circ", "rect"]).nullable().prefault("circ").meta({
    types: ["NoneType", "str"],
    description: "Disc or rectangle; None for no aperture",
  }),
  offset: pair(z.number()).prefault(0).meta({
    types: ["float", "tuple", "list"],
    description: "Distance of the aperture's middle from the optical axis, one number or (vertical, horizontal)",
    unit: "m",
  }),
  size: pair(length).nullable().prefault(null).meta({
    types: ["float", "tuple", "list"],
    description: "Diameter or width, one number or (vertical, horizontal); None for a third of the frame",
    unit: "m",
  }),
});

const diversity = z.strictObject({
  noise: noise().prefault([0.5, 1]).meta({
    types: ["tuple", "list"],
    description:
      "Random factor that makes further modes differ from the first: rms of the phase (rad) and its smallest feature (px), optionally followed by the same for the modulus; None for none",
  }),
  power: oneOrMore(z.number().min(0).max(1)).prefault(0.1).meta({
    types: ["tuple", "float", "list"],
    description:
      "Power of further modes relative to the first; the last number of a list holds for the modes beyond it",
  }),
  shift: z.number().nullable().prefault(null).meta({
    description:
      "Sideways shift of further modes relative to the first, all equally far, in directions that are spread evenly from the horizontal; None for none (never built in PtyPy)",
    unit: "m",
  }),
});

const propagation = z.strictObject({
  antialiasing: meant(z.number(), { from: 1 }).prefault(1).meta({
    description:
      "Factor, from 1, by which the aperture is drawn on finer pixels and propagated, so that hard edges and wide fields do not alias; memory and time grow with its square (without effect in PtyPy)",
  }),
  focussed: z.number().nullable().prefault(null).meta({
    types: ["NoneType", "float"],
    description: "Distance from the aperture, which holds the lens, to the focus; None or 0 for no lens",
    unit: "m",
  }),
  parallel: z.number().nullable().prefault(null).meta({
    types: ["NoneType", "float"],
    description: "Distance of free propagation, after the focus if there is one; None or 0 for none",
    unit: "m",
  }),
  spot_size: length.nullable().prefault(null).meta({
    types: ["NoneType", "float"],
    description:
      "Diameter of the focal spot from which the size of the aperture follows; None to use the aperture's own",
    unit: "m",
  }),
});

const recon = z.strictObject({
  label: z.string().nullable().prefault(null).meta({
    types: ["NoneType", "str"],
    description:
      "Scan of the earlier reconstruction whose probe is taken, or for `stxm` the scan of this run whose frames are analysed; None for the scan of the same label",
  }),
  rfile: z.string().prefault("\\*.ptyr").meta({ description: "The `.ptyr` file of the earlier reconstruction" }),
});

/** Shape of the initial probe without what makes several modes differ. */
export const SINGLE_ILLUMINATION_SHAPE = {
  aperture: aperture.prefault({}).meta({ description: "Opening that forms the beam" }),
  model: probeModel().nullable().prefault(null).meta({
    types: ["str", "ndarray"],
    description:
      "What comes before aperture and propagation: None for a plane wave, an array or a file with one, `recon` for an earlier result, `stxm` for the transform of the mean frame's root, the name of a picture (`flower`, `moon`, `star`, `tree`), or a template that also decides aperture and propagation (`plane`, `pinhole`, `zone_plate`, `kb_mirrors`)",
  }),
  photons: length.nullable().prefault(null).meta({
    types: ["int", "float", "NoneType"],
    description: "Photons in the whole beam; None for those of the brightest frame",
    unit: "photons",
  }),
  propagation: propagation.prefault({}).meta({ description: "Way of the wave from the aperture to the sample" }),
  recon: recon.prefault({}).meta({ description: "Earlier reconstruction to start from, if `model` is `recon`" }),
};

const single = z.strictObject(SINGLE_ILLUMINATION_SHAPE);
const full = z.strictObject({
  ...SINGLE_ILLUMINATION_SHAPE,
  diversity: diversity.nullable().prefault({}).meta({
    types: ["Param", "NoneType"],
    description: "What makes further probe modes differ from the first; None for equal modes",
  }),
});

const TEXT = illuminationText();
const META = {
  types: ["Param", "str"],
  description:
    "Initial probe; a text stands for a `.ptyr` file to start from, or for a `model` without aperture and propagation",
};

/** Initial probe with several modes. */
export const illuminationParams = z.union([orNone(full), TEXT]).prefault({}).meta(META);

/** Initial probe with one mode. */
export const singleIlluminationParams = z.union([orNone(single), TEXT]).prefault({}).meta(META);

/** The group form of the initial probe, parsed. `diversity` belongs to models with several modes. */
export type IlluminationParams = z.infer<typeof full>;
