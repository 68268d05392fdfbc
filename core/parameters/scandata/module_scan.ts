/** Parameters of a loader that the user brings along. PtyPy has no such thing. */

import { z } from "zod";
import { isPlainObject } from "../structure.ts";
import { named } from "../values.ts";
import { redefault } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Names of files that hold a program. */
const PROGRAM = /\.(ts|mts|js|mjs)$/;

/** Parameters of `ModuleScan`. */
export const moduleScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("ModuleScan"),
  module: z.string().regex(PROGRAM).nullable().prefault(null).meta({
    types: ["str"],
    allowed: "a file that ends in .ts or .js",
    description: "The file with the loader, which may also be written as `name`; it must be written",
  }),
  parameters: z.record(z.string(), z.unknown()).prefault({}).meta({
    types: ["dict"],
    allowed: "a group of any names and values",
    description: "What the loader of the file is given beside the parameters that all loaders have",
  }),
  shape: redefault(PTY_SCAN_SHAPE.shape, null),
  center: redefault(PTY_SCAN_SHAPE.center, null),
  psize: redefault(PTY_SCAN_SHAPE.psize, null),
  distance: redefault(PTY_SCAN_SHAPE.distance, null),
  energy: redefault(PTY_SCAN_SHAPE.energy, null),
}).meta({
  ours: true,
  description: "Runs a loader of your own, from a file that exports `open`; never at a server",
});

/** Parameters of `ModuleScan`, parsed. */
export type ModuleScanParams = z.infer<typeof moduleScanParams>;

/** The content of `ptycho` with loaders that are named by their files, `data.name: ./mine.ts`, under the name of their parameters. */
export function withModuleNames(input: unknown): unknown {
  if (!isPlainObject(input) || !isPlainObject(input.scans)) return input;
  const scans = Object.entries(input.scans).map(([label, scan]) => [label, withModuleName(scan)]);
  return { ...input, scans: Object.fromEntries(scans) };
}

function withModuleName(scan: unknown): unknown {
  if (!isPlainObject(scan) || !isPlainObject(scan.data)) return scan;
  const { name, ...rest } = scan.data;
  if (typeof name !== "string" || !PROGRAM.test(name) || "module" in rest) return scan;
  return { ...scan, data: { ...rest, name: "ModuleScan", module: name } };
}
