/** Parameters that every loader has: how frames are cropped, centred, turned, binned and stored. */

import { z } from "zod";
import { named, ndarray, pair } from "../values.ts";

const positive = z.number().min(0);

/** Words for the optical axis, and what they mean for n pixels: n // 2, n / 2 - 0.5, 0. */
export const CENTER_WORDS = ["fftshift", "geometric", "fft"] as const;

/** Shape of the parameters that every loader has, without `name`. */
export const PTY_SCAN_SHAPE = {
  dfile: z.string().min(1).nullable().prefault(null).meta({
    description: "The `.ptyd` file into which prepared frames are saved, or from which they come; None for no file",
  }),
  chunk_format: z.string().regex(/^[^%/\\]*%\d{0,2}d[^%/\\]*$/, 'expected one number such as "%02d" and no path')
    .prefault(
      ".chunk%02d",
    ).meta({
      description: "What the names of chunk files add to that of `dfile` if `save` is `link`, with a number for `%02d`",
    }),
  save: z.enum(["append", "link", "merge"]).nullable().prefault(null).meta({
    types: ["str"],
    description:
      "How prepared frames are saved: `append` one chunk after another in `dfile`, `link` chunks in files of their own, `merge` all in one chunk; None for not at all",
  }),
  auto_center: z.boolean().nullable().prefault(null).meta({
    description:
      "Whether the optical axis is found as the centre of mass of the frames; None for only if `center` is None",
  }),
  load_parallel: z.enum(["data", "common", "all"]).nullable().prefault("data").meta({
    types: ["str"],
    description: "Which parts several processes load at once; of no consequence in a single process",
  }),
  rebin: z.int().min(1).max(8).nullable().prefault(null).meta({
    description: "Side of the square of pixels that become one, by their mean; None or 1 for no binning",
  }),
  orientation: z.union([
    z.literal([0, 1, 2, 3, 4, 5, 6, 7]),
    z.tuple([z.boolean(), z.boolean(), z.boolean()]),
  ]).nullable().prefault(null).meta({
    types: ["int", "tuple", "list"],
    description:
      "Turning of the frames: (transpose, flip rows, flip columns) as three switches, or as a number from 0 to 7 made of 4, 2 and 1; None for none",
  }),
  min_frames: z.int().prefault(1).meta({ description: "Least number of frames that are prepared at a time" }),
  positions_theory: ndarray().nullable().prefault(null).meta({
    types: ["ndarray"],
    description:
      "Positions (frame, 2), row then column, used instead of those of the source; None for those of the source",
    unit: "m",
  }),
  num_frames: z.int().nullable().prefault(null).meta({
    description: "At most this many frames are used; None for all",
  }),
  label: z.string().min(1).nullable().prefault(null).meta({
    description: "Label of the scan in the prepared data; None for its name in the tree",
  }),
  experimentID: z.string().nullable().prefault(null).meta({
    description: "Name of the experiment, stored with the prepared data",
  }),
  version: z.number().prefault(0.1).meta({ description: "Version of the preparation, stored with the prepared data" }),
  shape: pair(z.int()).nullable().prefault(256).meta({
    types: ["int", "tuple"],
    description: "Size of the frames cut from the raw ones about `center`, one number or (rows, columns); None for all",
    unit: "px",
  }),
  center: z.union([z.enum(CENTER_WORDS), z.tuple([z.number(), z.number()])]).nullable().prefault("fftshift").meta({
    types: ["list", "tuple", "str"],
    description:
      "Optical axis in the raw frames, (row, column) from 0, or `fftshift`, `geometric`, `fft` for n // 2, n / 2 - 0.5, 0; None to find it (see `auto_center`)",
    unit: "px",
  }),
  psize: pair(positive).nullable().prefault(0.000172).meta({
    types: ["float", "tuple"],
    description: "Size of a detector pixel, one number or (vertical, horizontal); None for that of the source",
    unit: "m",
  }),
  distance: positive.nullable().prefault(7.19).meta({
    description: "Distance from sample to detector; None for that of the source",
    unit: "m",
  }),
  energy: positive.nullable().prefault(7.2).meta({
    description: "Photon energy; None for that of the source",
    unit: "keV",
  }),
  add_poisson_noise: z.boolean().prefault(false).meta({
    description: "Whether each pixel is replaced by a Poisson draw of its value",
  }),
};

/** Parameters of `PtyScan`, the part that loaders share; not a loader itself. */
export const ptyScanParams = z.strictObject({ ...PTY_SCAN_SHAPE, name: named("PtyScan") }).meta({
  description: "What all loaders share: geometry, cropping, centring, turning, binning, saving",
});

/** What all loaders share, parsed. */
export type PtyScanParams = Omit<z.infer<typeof ptyScanParams>, "name"> & { readonly name: string };
