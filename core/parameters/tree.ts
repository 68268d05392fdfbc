/** All branches of the parameter tree together, each declared once: what may be written, and the branches it is chosen from. */

import { z } from "zod";
import { ENGINE_PARAMS } from "./engine/mod.ts";
import { clientParams, serverParams } from "./interaction.ts";
import { ptychoParams } from "./ptycho.ts";
import { SCAN_PARAMS } from "./scan/mod.ts";
import { scanModelParams } from "./scan/scan_model.ts";
import { SCANDATA_PARAMS } from "./scandata/mod.ts";
import { ptyScanParams } from "./scandata/pty_scan.ts";
import { optionsOf } from "./structure.ts";

const interaction = z.strictObject({ server: serverParams, client: clientParams }).meta({
  description: "The two ends of the interaction over ZeroMQ",
});

/** The whole tree: `io`, `scandata`, `scan`, `engine` are branches that `ptycho` refers to. */
export const PARAMETER_TREE: z.ZodObject = z.strictObject({
  io: z.strictObject({ interaction }).meta({ description: "Parts of `ptycho.io` that are listed on their own" }),
  scandata: z.strictObject({ PtyScan: ptyScanParams, ...byName(SCANDATA_PARAMS) }).meta({
    description: "The loaders, of which each scan chooses one by `data.name`",
  }),
  scan: z.strictObject({ ScanModel: scanModelParams, ...byName(SCAN_PARAMS) }).meta({
    description: "The scan models, of which each entry of `ptycho.scans` chooses one by `name`",
  }),
  engine: z.strictObject(byName(ENGINE_PARAMS)).meta({
    description: "The engines, of which each entry of `ptycho.engines` chooses one by `name`",
  }),
  ptycho: ptychoParams,
});

function byName(options: readonly z.ZodObject[]): Record<string, z.ZodObject> {
  const [first, ...rest] = options;
  if (first === undefined) return {};
  return Object.fromEntries(optionsOf(z.discriminatedUnion("name", [first, ...rest])));
}
