/** Parameters of the engine that does nothing. */

import { z } from "zod";
import { meant, named } from "../values.ts";
import { ENGINE_BASE } from "./base.ts";

/** Parameters of `Dummy`. */
export const dummyParams = z.strictObject({
  ...ENGINE_BASE,
  name: named("Dummy"),
  itertime: meant(z.number(), { from: 0 }).prefault(0.2).meta({
    description: "How long one iteration sleeps",
    unit: "s",
  }),
}).meta({ description: "An engine that only waits, to try out everything around it" });

/** Parameters of `Dummy`, parsed. */
export type DummyParams = z.infer<typeof dummyParams>;
