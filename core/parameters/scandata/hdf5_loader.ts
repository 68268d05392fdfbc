/** Parameters of the general loader of HDF5 files. */

import { z } from "zod";
import { named, pair } from "../values.ts";
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
  fast_key: file("Dataset of the positions along the fast axis"),
  fast_multiplier: multiplier.meta({ description: "Factor that turns positions along the fast axis into metres" }),
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
});

const mask = z.strictObject({ file: file("File with the mask"), key: file("Dataset of the mask") });
const flatfield = z.strictObject({ file: file("File with the flat field"), key: file("Dataset of the flat field") });
const darkfield = z.strictObject({ file: file("File with the dark field"), key: file("Dataset of the dark field") });

const normalisation = z.strictObject({
  is_swmr: isSwmr("normalisation values"),
  live_key: file("Dataset that tells which normalisation values are complete, if `is_swmr`"),
  file: file("File with the normalisation; None for that of the frames"),
  key: file("Dataset of the normalisation"),
});

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
  flatfield: flatfield.prefault({}).meta({ description: "Where the flat field is by which frames are divided" }),
  darkfield: darkfield.prefault({}).meta({ description: "Where the dark field is that is subtracted from frames" }),
  normalisation: normalisation.prefault({}).meta({ description: "Where the value is by which each frame is divided" }),
  recorded_energy: z.strictObject({
    file: file("File with the photon energy"),
    key: file("Dataset of the photon energy"),
    multiplier: multiplier.meta({ description: "Factor that turns the recorded energy into keV" }),
  }).prefault({}).meta({ description: "Where the photon energy is, used instead of `energy`" }),
  recorded_distance: z.strictObject({
    file: file("File with the distance from sample to detector"),
    key: file("Dataset of the distance from sample to detector"),
  }).prefault({}).meta({ description: "Where the detector distance is, used instead of `distance`" }),
  recorded_psize: z.strictObject({
    file: file("File with the size of a detector pixel"),
    key: file("Dataset of the size of a detector pixel"),
  }).prefault({}).meta({ description: "Where the pixel size is, used instead of `psize`" }),
}).meta({ description: "Reads frames, positions and corrections from any HDF5 layout" });

/** Parameters of `Hdf5Loader`, parsed. */
export type Hdf5LoaderParams = z.infer<typeof hdf5LoaderParams>;
