/** Parameters of the loader that takes arrays as they are. */

import { z } from "zod";
import { named, ndarray } from "../values.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

function array(description: string, unit?: string): z.ZodType<z.output<ReturnType<typeof ndarray>> | null> {
  return ndarray().nullable().prefault(null).meta({ types: ["ndarray"], description, ...(unit && { unit }) });
}

/** Parameters of `Savu`. */
export const savuParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("Savu"),
  mask: array("Mask, (y, x) or (frame, y, x), 1 for valid"),
  data: array("Frames, (frame, y, x)", "photons"),
  positions: array("Positions, (frame, 2), row then column", "m"),
}).meta({ description: "Takes frames, positions and mask as arrays, as a Savu pipeline hands them over" });

/** Parameters of `Savu`, parsed. */
export type SavuParams = z.infer<typeof savuParams>;
