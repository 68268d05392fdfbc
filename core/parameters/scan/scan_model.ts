/** Parameters that every scan model has. */

import { z } from "zod";
import { scandataParams } from "../scandata/mod.ts";
import { sharingParams } from "./sharing.ts";

/** Shape of the parameters that every scan model has. */
export const SCAN_MODEL_SHAPE = {
  tags: z.array(z.string()).prefault(["dummy"]).meta({
    types: ["list"],
    description: "Words that describe the scan, stored with the result",
  }),
  propagation: z.enum(["farfield", "nearfield"]).prefault("farfield").meta({
    description: "Propagation from sample to detector",
  }),
  data: scandataParams.meta({
    types: ["Param"],
    id: "scandata",
    link: "scandata.*",
    listedName: "Name of the loader; it must be written",
    description: "Where the frames come from and how they are prepared, chosen by `name` among the loaders",
  }),
  sharing: sharingParams,
};

/** Parameters of `ScanModel`, the part that models share; not a model itself. */
export const scanModelParams = z.strictObject({
  ...SCAN_MODEL_SHAPE,
  illumination: z.union([z.strictObject({}), z.string()]).prefault({}).meta({
    types: ["Param", "str"],
    description: "Initial probe, as each model describes it",
  }),
  sample: z.strictObject({}).prefault({}).meta({ description: "Initial object, as each model describes it" }),
}).meta({ description: "What all scan models share: data, propagation, initial probe and object" });
