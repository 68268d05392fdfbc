/** The recipe of a batch: its runs are submitted one by one, each once, and then go their own way. */

import type { RunService } from "../functions/api/run_service.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import { type BatchPlan, memberId, memberTree } from "../functions/batch_plan.ts";
import { errorResponse } from "../functions/http_errors.ts";
import { missing } from "../functions/parameters.ts";
import { LOCAL } from "../functions/guard/roles.ts";
import { runPrefix } from "../functions/stage.ts";
import type { Json } from "../core/json.ts";
import type { Workflow } from "./orchestrator.ts";

/** What a batch is submitted with. Plain JSON. */
export interface BatchInput {
  readonly name: string;
  /** Key of its plan. */
  readonly plan: string;
  /** How many runs it has. */
  readonly total: number;
  /** Hash of the request, by which the same one is known again. */
  readonly request: string;
  /** Who asked for it; missing in what was submitted before there were any. */
  readonly owner?: string;
}

/** What a batch reports and leaves. Plain JSON. */
export interface BatchProgress {
  /** Runs that could not be submitted, and why. */
  readonly refused: readonly { readonly index: number; readonly message: string }[];
}

/** What the recipe needs. */
export interface BatchServices {
  readonly artifacts: ArtifactStore;
  readonly runs: () => Pick<RunService, "submit">;
}

/**
 * The workflow of batches. It ends when all runs were submitted: who waits for them would take their place. A run that cannot be submitted
 * does not keep the others.
 */
export function batchBy({ artifacts, runs }: BatchServices): Workflow {
  const plans = planReader(artifacts);
  return async ({ id, step, report }, json) => {
    const { plan: key, total, owner = LOCAL.name } = json as unknown as BatchInput;
    const refused: { index: number; message: string }[] = [];
    for (let index = 0; index < total; index++) {
      const message = await step(`submit ${index}`, async (signal) => {
        const plan = await plans(key);
        const member = plan.members[index]!;
        const { preview } = plan;
        signal.throwIfAborted();
        return await submit(() => {
          const parameters = memberTree(plan, member);
          const request = { kind: "reconstruct", parameters, name: member.name, preview } as const;
          return runs().submit(request, { id: memberId(id, index), owner, isAdmitted: true });
        });
      });
      if (message === null) continue;
      refused.push({ index, message });
      report({ refused } satisfies BatchProgress as unknown as Json);
    }
    return { refused } satisfies BatchProgress as unknown as Json;
  };
}

/** Publishes a plan. Returns its key. */
export async function publishPlan(
  artifacts: ArtifactStore,
  { id, plan }: { readonly id: string; readonly plan: BatchPlan },
): Promise<string> {
  const key = `${runPrefix(id)}plan`;
  await artifacts.publish(key, (path) => Deno.writeTextFileSync(path, JSON.stringify(plan)));
  return key;
}

/** A plan by its key. @throws {DataError} if there is none */
export async function readPlan(artifacts: ArtifactStore, key: string): Promise<BatchPlan> {
  using file = await artifacts.fetch(key);
  if (file === null) throw missing(key);
  return JSON.parse(await Deno.readTextFile(file.path));
}

/** Reads the plan of the batch at work once, not for each of its steps. */
function planReader(artifacts: ArtifactStore): (key: string) => Promise<BatchPlan> {
  let last: { readonly key: string; readonly plan: BatchPlan } | null = null;
  return async (key) => {
    if (last?.key !== key) last = { key, plan: await readPlan(artifacts, key) };
    return last.plan;
  };
}

/** @returns why it was refused; null if it was not @throws what may be over when it is tried again */
async function submit(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const { status, error: { message, retry } } = errorResponse(error);
    if (retry || status === 500) throw error;
    return message;
  }
}
