/** Every workflow of a server. */

import type { RunKind } from "../functions/api/run_service.ts";
import type { Invoke } from "../functions/invoke.ts";
import { batchBy, type BatchServices } from "./batch_recipe.ts";
import type { Workflow, Workflows } from "./orchestrator.ts";
import { reconstructBy } from "./recipe.ts";
import { simulateBy } from "./simulate_recipe.ts";

/** Names of the workflows of a server. */
export const WORKFLOW_NAMES = ["reconstruct", "simulate", "batch"] as const;

/** The workflows of a server: those of runs by their kinds, and the one that submits the runs of a batch. */
export function serverWorkflows({ invoke, ...services }: BatchServices & { readonly invoke: Invoke }): Workflows {
  const runs: Record<RunKind, Workflow> = { reconstruct: reconstructBy(invoke), simulate: simulateBy(invoke) };
  const all: Record<(typeof WORKFLOW_NAMES)[number], Workflow> = { ...runs, batch: batchBy(services) };
  return all;
}
