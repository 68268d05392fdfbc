/** Every scan model whose parameters are in the tree, by name. */

import { z } from "zod";
import { bragg3dModelParams } from "./bragg_3d_model.ts";
import { fullParams } from "./full.ts";
import { vanillaParams } from "./vanilla.ts";

/** Parameters of all scan models. */
export const SCAN_PARAMS = [vanillaParams, fullParams, bragg3dModelParams] as const;

/** Parameters of any scan model, chosen by `name`. */
export const scanParams = z.discriminatedUnion("name", SCAN_PARAMS);

/** Parameters of any scan model, parsed. */
export type ScanParams = z.infer<typeof scanParams>;
