/** The branch `ptycho`: what a parameter file holds. */

import { z } from "zod";
import { engineParams } from "./engine/mod.ts";
import { ioParams } from "./io.ts";
import { scanParams } from "./scan/mod.ts";

/** Words for `verbose_level`, by their number; several words may stand for one. */
export const VERBOSITY: Readonly<Record<string, number>> = {
  CRITICAL: 0,
  ERROR: 1,
  WARNING: 2,
  WARN: 2,
  INFO: 3,
  INTERACTIVE: 4,
  INSPECT: 4,
  DEBUG: 5,
};

const LABEL = z.string().regex(/^[^./\s]+$/);
const level = z.string().regex(new RegExp(`^(${Object.keys(VERBOSITY).join("|")})$`, "i"));

/** Parameters of `ptycho`. */
export const ptychoParams = z.strictObject({
  verbose_level: z.union([z.int().min(0).max(5), level.transform((word) => VERBOSITY[word.toUpperCase()] ?? 0)])
    .prefault(1).meta({
      types: ["int"],
      allowed: `a whole number from 0 to 5 or one of ${Object.keys(VERBOSITY).join(", ")}`,
      description:
        "How much is said beside the progress: 0 only what ends the run, 1 and 2 also notes on what is left out or gives way, 3 also what was done, 4 also the storages, 5 also all parameters; or as a word, from CRITICAL to DEBUG",
    }),
  data_type: z.enum(["single", "double"]).prefault("single").meta({
    description: "Precision of all floating-point numbers: `single` for 32 bits, `double` for 64",
  }),
  run: z.string().min(1).nullable().prefault(null).meta({
    description: "Name of the run, which is part of file names; None for the name of the parameter file",
  }),
  dry_run: z.boolean().prefault(false).meta({
    description:
      "Whether everything is only checked and reported: shapes, memory and frames; nothing is computed or written",
  }),
  ipython_kernel: z.boolean().prefault(false).meta({
    description:
      "Whether a Python shell is opened on the running reconstruction; there is no Python here, so only `false` is taken",
  }),
  seed: z.int().min(0).max(4294967295).prefault(0).meta({
    ours: true,
    description: "Start of all random numbers; the same seed gives the same result",
  }),
  io: ioParams.prefault({}).meta({ description: "Files, saving, plotting and interaction" }),
  scans: z.record(LABEL, scanParams).prefault({}).meta({
    types: ["Param"],
    placeholder: "scan_00",
    link: "scan.*",
    listedEntry: "One scan under a label of your choice, chosen by `name` among the scan models",
    description: "The scans to reconstruct together, by label",
  }),
  engines: z.record(LABEL, engineParams).prefault({}).meta({
    types: ["Param"],
    placeholder: "engine_00",
    link: "engine.*",
    listedEntry: "One engine under a label of your choice, chosen by `name` among the engines",
    description: "The engines that run one after another, in the order of their labels",
  }),
}).meta({ description: "One reconstruction: its scans, its engines and everything around them" });

/** Parameters of `ptycho`, parsed. */
export type PtychoParams = z.infer<typeof ptychoParams>;
