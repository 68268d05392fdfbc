/** Every engine whose parameters are in the tree, by name. */

import { z } from "zod";
import { dmParams } from "./dm.ts";
import { dm3dBraggParams } from "./dm_3d_bragg.ts";
import { dmSimpleParams } from "./dm_simple.ts";
import { dummyParams } from "./dummy.ts";
import { epieParams } from "./epie.ts";
import { mlParams } from "./ml.ts";

/** Parameters of all engines. */
export const ENGINE_PARAMS = [dmParams, dmSimpleParams, mlParams, dummyParams, epieParams, dm3dBraggParams] as const;

/** Parameters of any engine, chosen by `name`. */
export const engineParams = z.discriminatedUnion("name", ENGINE_PARAMS);

/** Parameters of any engine, parsed. */
export type EngineParams = z.infer<typeof engineParams>;
