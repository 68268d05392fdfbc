/** Batches as HTTP has them, over an orchestrator and the runs of a server. */

import type {
  BatchHead,
  BatchItem,
  BatchRecord,
  BatchRequest,
  BatchRow,
  BatchService,
} from "../functions/api/batch_service.ts";
import { isAtEnd, type RunService } from "../functions/api/run_service.ts";
import { type BatchMember, type BatchPlan, memberId, memberTree, sweepOf, tooMany } from "../functions/batch_plan.ts";
import { ApiError } from "../functions/http_errors.ts";
import { newRunId } from "../functions/run_ids.ts";
import { hashOf, runPrefix } from "../functions/stage.ts";
import { planReconstruction } from "../functions/submission.ts";
import { loadTreeFile } from "../functions/tree_file.ts";
import { isPtychoError, ParameterError, type ParameterIssue } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { type BatchInput, type BatchProgress, publishPlan, readPlan } from "./batch_recipe.ts";
import { ownerOfRun } from "./caller_queue.ts";
import { hasEnded, type RunView } from "./orchestrator.ts";
import { translated } from "./run_refusals.ts";
import { listWorkflows, type RunServiceOptions } from "./run_service.ts";

/** What batches are made with. */
export interface BatchServiceOptions
  extends Pick<RunServiceOptions, "orchestrator" | "artifacts" | "files" | "date" | "limits" | "queue"> {
  readonly runs: RunService;
  /** Most runs of a batch. */
  readonly limit: number;
}

/** Name of the workflow. */
const BATCH = "batch";

/** Trees that are checked before others get their turn. */
const CHECKED_AT_ONCE = 20;

/** Batches over an orchestrator whose workflow `batch` is that of batch_recipe.ts. */
export function createBatchService(options: BatchServiceOptions): BatchService {
  const { orchestrator, artifacts, runs, queue, date } = options;

  async function find(id: string): Promise<RunView> {
    const batch = await translated(() => orchestrator.view(id));
    if (batch?.workflow === BATCH) return batch;
    throw new ApiError(
      "NotFound",
      `Cannot find batch "${id}": found no such batch; GET /v1/batches lists those there are`,
    );
  }

  async function record(batch: RunView): Promise<BatchRecord> {
    const rows = await rowsOf(batch, options);
    const counts = { pending: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
    for (const { status } of rows) counts[status]++;
    return { ...headOf(batch), status: statusOf(counts), counts, runs: rows };
  }

  /** Every run that was submitted. */
  async function eachRun(batch: RunView, work: (id: string) => Promise<unknown>): Promise<void> {
    for (let index = 0; index < inputOf(batch).total; index++) {
      const id = memberId(batch.id, index);
      if (await orchestrator.view(id) !== null) await work(id);
    }
  }

  return {
    submit: (request, { id = newRunId(date()), owner }) =>
      queue.inTurn(owner, async (room) => {
        const hash = requestHash(request);
        const known = await translated(() => orchestrator.view(id));
        if (known !== null) return await record(sameBatch(known, hash));
        const plan = await planBatch(request, { id, options });
        const total = plan.members.length;
        await translated(() => room(total));
        const key = await publishPlan(artifacts, { id, plan });
        const input: BatchInput = { name: request.name ?? id, plan: key, total, request: hash, owner };
        return await record(await translated(() => orchestrator.submit(BATCH, id, input as unknown as Json)));
      }),
    view: async (id) => await record(await find(id)),
    async list({ limit, after }) {
      const isBatch = ({ workflow }: RunView) => workflow === BATCH;
      return (await translated(() => listWorkflows(orchestrator, { limit, after, isWanted: isBatch }))).map(headOf);
    },
    async cancel(id) {
      await find(id);
      // First the batch, so that it submits no more.
      await translated(() => orchestrator.cancel(id));
      await eachRun(await find(id), (run) => runs.cancel(run));
      return await record(await find(id));
    },
    async resume(id) {
      const batch = await find(id);
      await queue.inTurn(ownerOfRun(batch), async (room) => {
        if (batch.status === "done") return;
        if (hasEnded(batch)) await translated(() => room(inputOf(batch).total));
        await translated(() => orchestrator.resume(id));
      });
      await eachRun(batch, async (run) => {
        if ((await runs.view(run)).status !== "done") await runs.resume(run);
      });
      return await record(await find(id));
    },
    async remove(id) {
      const batch = await find(id);
      const { status } = await record(batch);
      if (!hasEnded(batch) || !isAtEnd({ status })) {
        throw new ApiError(
          "Conflict",
          `Cannot remove batch "${id}": found it ${status}, expected it at its end; cancel it first`,
        );
      }
      await eachRun(batch, (run) => runs.remove(run));
      for await (const { key } of artifacts.list(runPrefix(id))) await artifacts.remove(key);
      await translated(() => orchestrator.remove(id));
    },
  };
}

function inputOf(batch: RunView): BatchInput {
  return batch.input as unknown as BatchInput;
}

function headOf(batch: RunView): BatchHead {
  const { name, total } = inputOf(batch);
  return { id: batch.id, name, submitted: batch.submitted.toISOString(), total };
}

function statusOf({ pending, running, failed, cancelled, done }: BatchRecord["counts"]): BatchRecord["status"] {
  if (running > 0 || (pending > 0 && done + failed + cancelled > 0)) return "running";
  if (pending > 0) return "pending";
  return failed > 0 ? "failed" : cancelled > 0 ? "cancelled" : "done";
}

async function rowsOf(batch: RunView, { artifacts, orchestrator, runs }: BatchServiceOptions): Promise<BatchRow[]> {
  const { members } = await readPlan(artifacts, inputOf(batch).plan);
  const { refused } = ((batch.result ?? batch.progress) as unknown as BatchProgress | null) ?? { refused: [] };
  const reasons = new Map(refused.map(({ index, message }) => [index, message]));
  const rows: BatchRow[] = [];
  for (const [index, { name, varied }] of members.entries()) {
    const id = memberId(batch.id, index);
    const isThere = await orchestrator.view(id) !== null;
    const row = { id, name, varied: { ...varied } as BatchRow["varied"] };
    if (isThere) {
      const { status, progress, seconds, error } = await runs.view(id);
      const { iterations = null, errors = null } = progress ?? {};
      rows.push({ ...row, status, iterations, errors, seconds, error: error?.message ?? null });
      continue;
    }
    const reason = reasons.get(index) ?? null;
    // Not submitted yet, or never to be.
    const status = reason !== null ? "failed" : hasEnded(batch) ? "cancelled" : "pending";
    rows.push({ ...row, status, iterations: null, errors: null, seconds: null, error: reason });
  }
  return rows;
}

/** The runs of a batch, each checked. @throws {ParameterError} with all mistakes, each saying of which run it is */
async function planBatch(
  { name, parameters, preview, sweep, runs = [] }: BatchRequest,
  { id, options: { files, limit, limits } }: { readonly id: string; readonly options: BatchServiceOptions },
): Promise<BatchPlan> {
  if (runs.length > limit) throw tooMany(runs.length, limit);
  const items: readonly BatchItem[] = sweep === undefined ? runs : sweepOf(sweep, limit).map((set) => ({ set }));
  const base = name ?? nameIn(parameters) ?? id;
  const members = items.map(({ name, parameters, file, set = {} }, index): BatchMember => {
    const own = file === undefined ? parameters ?? null : loadTreeFile(file, files);
    const numbered = `${base}_${String(index).padStart(String(items.length - 1).length, "0")}`;
    return { name: name ?? nameIn(own) ?? numbered, varied: set, parameters: own };
  });
  const plan: BatchPlan = { parameters: parameters ?? null, preview, members };
  const issues: ParameterIssue[] = [];
  for (const [index, member] of members.entries()) {
    issues.push(
      ...mistakesOf(() => {
        const tree = memberTree(plan, member);
        hashOf(tree as Json);
        planReconstruction({ tree }, { id: memberId(id, index), files, limits });
      }).map((issue) => ({ ...issue, message: `${issue.message} (run ${index})` })),
    );
    if (index % CHECKED_AT_ONCE === CHECKED_AT_ONCE - 1) await new Promise((turn) => setTimeout(turn));
  }
  if (issues.length > 0) throw new ParameterError(issues);
  return plan;
}

function nameIn(tree: BatchRequest["parameters"] | null): string | undefined {
  return typeof tree?.run === "string" ? tree.run : undefined;
}

/** What is wrong with a run. */
function mistakesOf(check: () => void): readonly ParameterIssue[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ParameterError) return error.issues;
    if (isPtychoError(error) || error instanceof TypeError) return [{ path: "parameters", message: error.message }];
    throw error;
  }
}

function requestHash(request: BatchRequest): string {
  try {
    return hashOf(JSON.parse(JSON.stringify(request)));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ParameterError([{ path: "parameters", message: cause.message }], cause);
  }
}

function sameBatch(batch: RunView, hash: string): RunView {
  if (batch.workflow === BATCH && inputOf(batch).request === hash) return batch;
  const message =
    `Cannot submit batch "${batch.id}": found it submitted before with another request, expected the same; ` +
    "use another Idempotency-Key";
  throw new ApiError("Conflict", message, { fields: { id: batch.id } });
}
