/** Parameters of the loader for an optics laboratory with an FLI camera, several exposures and SPEC logs. */

import { z } from "zod";
import { named } from "../values.ts";
import { NO_ENERGY, orientation, text } from "./fields.ts";
import { CENTER_WORDS, PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `FliSpecScanMultexp`. */
export const fliSpecScanMultexpParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("FliSpecScanMultexp"),
  orientation: orientation([true, true, false]),
  center: z.union([z.enum(["auto", ...CENTER_WORDS]), z.tuple([z.number(), z.number()])]).nullable()
    .transform((center) => center === "auto" ? null : center).prefault("auto").meta({
      types: ["list", "tuple", "str"],
      description:
        "Optical axis in the raw frames, (row, column) from 0 or one of the words; `auto` or None to find it",
      unit: "px",
    }),
  energy: NO_ENERGY,
  base_path: text("/data/CDI/opticslab_sxdm_2013/", "Folder of the measurement"),
  scan_number: z.int().prefault(74).meta({ description: "Number of the scan" }),
  dark_number: z.int().prefault(72).meta({ description: "Number of the scan with the dark frames" }),
  exp_string: text("exp_time", "Entry of the frame header that holds the exposure time"),
  hdr_thresholds: z.array(z.number()).prefault([500, 50000]).meta({
    types: ["list"],
    description: "Lowest and highest counts that are trusted when exposures are merged",
  }),
  lam: z.number().prefault(6.5e-7).meta({ description: "Wavelength", unit: "m" }),
  z: z.number().prefault(0.158).meta({ description: "Distance from sample to detector", unit: "m" }),
  psize_det: z.number().prefault(2.4e-5).meta({ description: "Size of a detector pixel", unit: "m" }),
  scan_dir: text("ccdfli/S00000-00999/", "Folder of the frames below `base_path`"),
  log_file_pattern: text("%(base_path)sspec/dat-files/spec_started_2013_11_21_1659.dat", "SPEC log file, as a pattern"),
  data_dir_pattern: text("%(base_path)s%(scan_dir)sS%(scan_number)05d/", "Folder of the frames, as a pattern"),
  dark_dir_pattern: text("%(base_path)s%(scan_dir)sS%(dark_number)05d/", "Folder of the dark frames, as a pattern"),
}).meta({ description: "Reads laser scans with several exposures per position and merges them" });

/** Parameters of `FliSpecScanMultexp`, parsed. */
export type FliSpecScanMultexpParams = z.infer<typeof fliSpecScanMultexpParams>;
