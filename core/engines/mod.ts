/** The list of engines. */

import type { DmParams } from "../parameters/engine/dm.ts";
import type { DmSimpleParams } from "../parameters/engine/dm_simple.ts";
import type { DummyParams } from "../parameters/engine/dummy.ts";
import type { EpieParams } from "../parameters/engine/epie.ts";
import type { MlParams } from "../parameters/engine/ml.ts";
import { UnsupportedError } from "../errors.ts";
import { dm } from "./dm.ts";
import { dmSimple } from "./dm_simple.ts";
import { dummy } from "./dummy.ts";
import type { Engine } from "./engine.ts";
import { epie } from "./epie.ts";
import { ml } from "./ml.ts";

/** Parameters of the engines that are built. */
export type SupportedParams = DmParams | DmSimpleParams | MlParams | EpieParams | DummyParams;

/** Every engine; a new one is a line here. */
export const ENGINES = [dm, dmSimple, ml, epie, dummy] as const;

/** The engine of a name, for parameters of that name. @throws {UnsupportedError} if there is none */
export function findEngine(name: string): Engine<SupportedParams> {
  const engine = ENGINES.find((e) => e.name === name);
  if (engine === undefined) {
    const names = ENGINES.map((e) => e.name).join(", ");
    throw new UnsupportedError(`Cannot run engine "${name}": found no such engine, expected one of ${names}`, { name });
  }
  // The name is the discriminant: whoever asks for "DM" has the parameters of DM.
  return engine as unknown as Engine<SupportedParams>;
}
