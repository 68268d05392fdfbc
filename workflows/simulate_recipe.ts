/** The recipe of a simulation: one stage, whose files are kept. */

import type { Invoke } from "../functions/invoke.ts";
import type { Json } from "../core/json.ts";
import type { Workflow } from "./orchestrator.ts";
import type { KeptFile } from "./recipe.ts";

/** What a simulation is submitted with. Plain JSON. */
export interface SimulationInput {
  /** Name of the run in keys. */
  readonly run: string;
  /** Key of the parameters. */
  readonly parameters: string;
  /** Where in `io.home` the scans go that name no file. */
  readonly folder: string;
}

/** What a simulation left. Plain JSON. */
export interface SimulationOutcome {
  /** Files of frames and truths. */
  readonly files: readonly string[];
  readonly kept: readonly KeptFile[];
}

/** The workflow that simulates, over stages that `invoke` calls. */
export function simulateBy(invoke: Invoke): Workflow {
  return async (context, json) => {
    const { run, parameters, folder } = json as unknown as SimulationInput;
    const { scans } = await context.step(
      "simulate",
      (signal) => invoke("simulate", { run, parameters, folder, keep: true }, signal),
    );
    const outcome: SimulationOutcome = {
      files: scans.flatMap(({ ptyd, truth }) => truth === null ? [ptyd] : [ptyd, truth]),
      kept: scans.flatMap(({ kept }) => kept),
    };
    return outcome as unknown as Json;
  };
}
