/** Parameters of the general loader of HDF5 files. */

import { z } from "zod";
import { named, ndarray, pair } from "../values.ts";
import { saturation } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

function file(description: string): z.ZodPrefault<z.ZodNullable<z.ZodString>> {
  return z.string().min(1).nullable().prefault(null).meta({ description });
}

function isSwmr(what: string): z.ZodPrefault<z.ZodBoolean> {
  return z.boolean().prefault(false).meta({
    description: `Whether the ${what} are still being written while they are read`,
  });
}

const multiplier = z.number().prefault(1);

const bounds = z.union([z.int(), z.tuple([z.int(), z.int()])]).nullable().prefault(null);
const BOUNDS_TYPES = ["NoneType", "int", "tuple", "list"];

function index(what: string): z.ZodPrefault<z.ZodNullable<z.ZodInt>> {
  return z.int().nullable().prefault(null).meta({
    newer: true,
    description:
      `Which motor is the ${what} axis in an array of several, along the shorter of its first and last axis (the last if equal); None for an array of one`,
  });
}

const intensities = z.strictObject({
  is_swmr: isSwmr("frames"),
  live_key: file("Dataset that tells which frames are complete, if `is_swmr`"),
  file: file("File with the frames"),
  key: file("Dataset of the frames, (slow, fast, y, x) or (frame, y, x)"),
});

const positions = z.strictObject({
  is_swmr: isSwmr("positions"),
  live_key: file("Dataset that tells which positions are complete, if `is_swmr`"),
  file: file("File with the positions; None for that of the frames"),
  slow_key: file("Dataset of the positions along the slow axis"),
  slow_multiplier: multiplier.meta({ description: "Factor that turns positions along the slow axis into metres" }),
  slow_index: index("slow"),
  fast_key: file("Dataset of the positions along the fast axis"),
  fast_multiplier: multiplier.meta({ description: "Factor that turns positions along the fast axis into metres" }),
  fast_index: index("fast"),
  bounding_box: z.strictObject({
    fast_axis_bounds: bounds.meta({
      types: BOUNDS_TYPES,
      description: "First index along the fast axis, or (first, one after the last); None for all",
    }),
    slow_axis_bounds: bounds.meta({
      types: BOUNDS_TYPES,
      description: "First index along the slow axis, or (first, one after the last); None for all",
    }),
  }).prefault({}).meta({ description: "Part of the scan that is used, by index" }),
  skip: z.int().min(1).prefault(1).meta({
    newer: true,
    description: "Along each axis of the scan every so many positions are used, from the first of the bounding box on",
  }),
});

const mask = z.strictObject({
  file: file("File with the mask; None for that of the frames"),
  key: file("Dataset of the mask"),
  invert: z.boolean().prefault(false).meta({
    newer: true,
    description: "Whether the mask marks the bad pixels instead of the good ones",
  }),
});
const flatfield = z.strictObject({
  file: file("File with the flat field; None for that of the frames"),
  key: file("Dataset of the flat field"),
});
const darkfield = z.strictObject({
  file: file("File with the dark field; None for that of the frames"),
  key: file("Dataset of the dark field"),
});

const normalisation = z.strictObject({
  is_swmr: isSwmr("normalisation values"),
  live_key: file("Dataset that tells which normalisation values are complete, if `is_swmr`"),
  file: file("File with the normalisation; None for that of the frames"),
  key: file("Dataset of the normalisation"),
});

/** Where a number of the geometry is, and how it becomes SI (keV for energies). */
function recorded(what: string, into: string): {
  file: ReturnType<typeof file>;
  key: ReturnType<typeof file>;
  multiplier: z.ZodPrefault<z.ZodNumber>;
} {
  return {
    file: file(`File with the ${what}; None for that of the frames`),
    key: file(`Dataset of the ${what}`),
    multiplier: multiplier.meta({ description: `Factor that turns the recorded value into ${into}` }),
  };
}

/** The same where the multiplier is of PtyPy 0.9. */
function recordedSince09(what: string, into: string): ReturnType<typeof recorded> {
  const group = recorded(what, into);
  return { ...group, multiplier: group.multiplier.meta({ ...group.multiplier.meta(), newer: true }) };
}

/** Parameters of `Hdf5Loader`. */
export const hdf5LoaderParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("Hdf5Loader"),
  shape: pair(z.int()).nullable().prefault(null).meta({
    types: ["int", "tuple"],
    description: "Size of the frames cut from the raw ones about `center`, one number or (rows, columns); None for all",
    unit: "px",
  }),
  intensities: intensities.prefault({}).meta({ description: "Where the frames are" }),
  positions: positions.prefault({}).meta({ description: "Where the positions are" }),
  mask: mask.prefault({}).meta({ description: "Where the mask is, (y, x) or as large as the frames" }),
  flatfield: flatfield.prefault({}).meta({
    description: "Where the flat field is by which frames are divided, (y, x) or as large as the frames",
  }),
  darkfield: darkfield.prefault({}).meta({
    description: "Where the dark field is that is subtracted from frames, (y, x) or as large as the frames",
  }),
  normalisation: normalisation.prefault({}).meta({ description: "Where the value is by which each frame is divided" }),
  framefilter: z.strictObject({
    file: file("File with the filter; None for that of the frames"),
    key: file("Dataset with a number for each frame: 0 leaves the frame out"),
  }).prefault({}).meta({ newer: true, description: "Where it says which frames are used" }),
  recorded_energy: z.strictObject({
    ...recorded("photon energy", "keV"),
    offset: z.number().prefault(0).meta({
      newer: true,
      description: "Added to the recorded energy after its multiplier",
      unit: "keV",
    }),
  }).prefault({}).meta({ description: "Where the photon energy is, used instead of `energy`" }),
  recorded_distance: z.strictObject(recordedSince09("distance from sample to detector", "metres")).prefault({}).meta({
    description: "Where the detector distance is, used instead of `distance`",
  }),
  recorded_psize: z.strictObject(recordedSince09("size of a detector pixel", "metres")).prefault({}).meta({
    description: "Where the pixel size is, one number or (vertical, horizontal), used instead of `psize`",
  }),
  saturation: saturation(),
  outer_index: z.int().min(0).nullable().prefault(null).meta({
    newer: true,
    description:
      "Which entry is used of a first axis that frames have before those of the scan (projections, energies); what else has that axis is taken at the same entry",
  }),
  padding: z.union([z.int().min(0), z.tuple([z.int().min(0), z.int().min(0), z.int().min(0), z.int().min(0)])])
    .nullable().prefault(null).meta({
      newer: true,
      types: ["int", "tuple", "list"],
      description:
        "Masked pixels added around raw frames, one number or (top, bottom, left, right); `center` counts in the larger frame",
      unit: "px",
    }),
  frameorder: z.strictObject({
    indices: ndarray().nullable().prefault(null).meta({
      newer: true,
      types: ["list", "ndarray"],
      description:
        "Numbers from 0 of the frames left by bounding box, `skip` and filter, in the order in which they are used; None for their own",
    }),
  }).prefault({}).meta({ newer: true, description: "In which order frames are used" }),
}).meta({ description: "Reads frames, positions and corrections from any HDF5 layout" });

/** Parameters of `Hdf5Loader`, parsed. */
export type Hdf5LoaderParams = z.infer<typeof hdf5LoaderParams>;
