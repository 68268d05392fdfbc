/** Parameters of the loader of prepared data. */

import { z } from "zod";
import { named } from "../values.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `PtydScan`. */
export const ptydScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("PtydScan"),
  dfile: z.string().min(1).nullable().prefault(null).meta({
    description:
      "The `.ptyd` file that is read if `source` is None or `file`; else the file into which frames are saved again",
  }),
  source: z.string().min(1).nullable().prefault("file").meta({
    types: ["str", "NoneType"],
    description: "Another `.ptyd` file whose frames are prepared anew; None or `file` to read `dfile` as it is",
  }),
}).meta({ description: "Reads prepared data from a `.ptyd` file" });

/** Parameters of `PtydScan`, parsed. */
export type PtydScanParams = z.infer<typeof ptydScanParams>;
