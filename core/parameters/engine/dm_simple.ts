/** Parameters of the difference map reduced to its equations. */

import { z } from "zod";
import { named } from "../values.ts";
import { ENGINE_BASE } from "./base.ts";
import { OVERLAP_SHAPE } from "./dm.ts";

/** Parameters of `DM_simple`. */
export const dmSimpleParams = z.strictObject({
  ...ENGINE_BASE,
  ...OVERLAP_SHAPE,
  numiter: z.int().min(1).prefault(123).meta({ description: "How many iterations this engine does" }),
  name: named("DM_simple"),
}).meta({ description: "Difference map without power bound, inertia and probe support, for study" });

/** Parameters of `DM_simple`, parsed. */
export type DmSimpleParams = z.infer<typeof dmSimpleParams>;
