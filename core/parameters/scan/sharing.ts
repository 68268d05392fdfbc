/** Parameters of what a scan shares with others. */

import { z } from "zod";

const shared = (what: string) =>
  z.string().regex(/^[^./\s]+$/).nullable().prefault(null).meta({
    ours: true,
    types: ["str"],
    allowed: "the label of a scan or another name without dots, slashes and blanks",
    description:
      `Label of the scan whose ${what} this one shares, or a name that scans which share ${what} have in common; None for one of its own`,
  });

/** Parameters of `sharing`. */
export const sharingParams = z.strictObject({
  probe: shared("probe"),
  object: shared("object"),
}).prefault({}).meta({
  ours: true,
  types: ["Param"],
  description: "What the scan has in common with other scans, which are reconstructed together",
});
