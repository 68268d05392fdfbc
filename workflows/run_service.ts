/** Runs as HTTP has them, over an orchestrator and an artifact store. */

import {
  type RunFile,
  type RunFilter,
  type RunKind,
  type RunRecord,
  type RunRequest,
  type RunService,
  type Submitter,
} from "../functions/api/run_service.ts";
import { checkArtifactsOf } from "../functions/artifact_files.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import { claimOutputs, releaseOutputs } from "../functions/output_claims.ts";
import type { FindFiles } from "../functions/data_root.ts";
import { ApiError } from "../functions/http_errors.ts";
import { readCallLog } from "../functions/call_log.ts";
import type { Invoke } from "../functions/invoke.ts";
import { publishParameters } from "../functions/parameters.ts";
import type { RunLimits } from "../functions/run_limits.ts";
import { newRunId } from "../functions/run_ids.ts";
import { hashOf, runPrefix } from "../functions/stage.ts";
import { ownFolder, planReconstruction, planSimulation, previewInterval } from "../functions/submission.ts";
import type { Json } from "../core/json.ts";
import { ParameterError } from "../core/errors.ts";
import { type CallerQueue, ownerOfRun } from "./caller_queue.ts";
import { hasEnded, type Orchestrator, RunError, type RunView, wrongState } from "./orchestrator.ts";
import { type KeptFile, recipeOf, type RunInput, type RunOutcome, type RunProgress } from "./recipe.ts";
import { refusalOf, translated } from "./run_refusals.ts";
import type { SimulationInput } from "./simulate_recipe.ts";

/** What runs are made with. */
export interface RunServiceOptions {
  readonly orchestrator: Orchestrator;
  readonly artifacts: ArtifactStore;
  readonly files: FindFiles;
  readonly limits: RunLimits;
  readonly queue: CallerQueue;
  /** Draws the pictures of runs that are done. */
  readonly invoke: Invoke;
  /** The time of day. */
  readonly date: () => Date;
}

/** What every run of a server is submitted with, beside what its recipe asks. Plain JSON. */
export interface ServedInput {
  readonly run: string;
  readonly parameters: string;
  /** Name of the run in file names. */
  readonly name: string;
  /** Files that it claimed, because its tree names them. */
  readonly outputs: readonly string[];
  /** Hash of the request, by which the same one is known again. */
  readonly request: string;
  /** Who asked for it. */
  readonly owner: string;
}

/** The workflows that are runs, of all that an orchestrator has. */
const KINDS: ReadonlySet<string> = new Set<RunKind>(["reconstruct", "simulate"]);

/** Runs over an orchestrator whose workflows have the names of `RunKind`. */
export function createRunService(options: RunServiceOptions): RunService {
  const { orchestrator, artifacts, queue, date } = options;

  async function find(id: string): Promise<RunView> {
    const run = await translated(() => orchestrator.view(id));
    if (run !== null && KINDS.has(run.workflow)) return run;
    throw new ApiError("NotFound", `Cannot find run "${id}": found no such run; GET /v1/runs lists those there are`);
  }

  function submit(request: RunRequest, { id = newRunId(date()), owner, isAdmitted }: Submitter): Promise<RunRecord> {
    const hash = requestHash(request);
    return queue.inTurn(owner, async (room) => {
      const known = await translated(() => orchestrator.view(id));
      if (known !== null) return sameRequest(known, hash);
      if (!isAdmitted) await translated(() => room(1));
      return await submitNew(request, { id, owner, hash });
    });
  }

  async function submitNew(
    request: RunRequest,
    { id, owner, hash }: { readonly id: string; readonly owner: string; readonly hash: string },
  ): Promise<RunRecord> {
    const input = await inputOf(request, { id, options });
    const served: ServedInput = { ...input, request: hash, owner };
    try {
      return recordOf(await orchestrator.submit(request.kind, id, served as unknown as Json));
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      // Somebody submitted it at the same time.
      const other = error.reason === "conflict" ? await orchestrator.view(id) : null;
      if (other === null) throw refusalOf(error);
      return sameRequest(other, hash);
    }
  }

  async function cancel(id: string): Promise<RunRecord> {
    await find(id);
    await translated(() => orchestrator.cancel(id));
    return recordOf(await find(id));
  }

  async function resume(id: string): Promise<RunRecord> {
    await queue.inTurn(ownerOfRun(await find(id)), async (room) => {
      const { status } = await find(id);
      if (status === "failed" || status === "cancelled") await translated(() => room(1));
      await translated(() => orchestrator.resume(id));
    });
    return recordOf(await find(id));
  }

  return {
    submit,
    view: async (id) => recordOf(await find(id)),
    async list({ kind, ...filter }) {
      const isWanted = ({ workflow }: RunView) => kind === undefined ? KINDS.has(workflow) : workflow === kind;
      return (await translated(() => listWorkflows(orchestrator, { ...filter, isWanted }))).map(recordOf);
    },
    cancel,
    resume,
    async remove(id) {
      const run = await find(id);
      if (!hasEnded(run)) throw refusalOf(wrongState("remove", run, "at its end; cancel it first"));
      const removeArtifacts = async () => {
        for await (const { key } of artifacts.list(runPrefix(id))) await artifacts.remove(key);
      };
      // Before the journal's entry: what is left if this is cut short can be removed again.
      await removeArtifacts();
      await releaseOutputs(artifacts, { run: id, files: (run.input as unknown as ServedInput).outputs });
      await translated(() => orchestrator.remove(id));
      // What a cancelled run published until it heard of it.
      await removeArtifacts();
    },
    async preview(id, signal) {
      const run = await find(id);
      const picture = run.status === "done" && run.workflow === "reconstruct"
        ? await drawEnd(run, { options, signal })
        : (run.progress as unknown as RunProgress | null)?.picture ?? null;
      if (picture !== null) return await openFile(artifacts, { name: `${id}.png`, artifact: picture, signal });
      throw missingFile(run, "a picture");
    },
    async file(id, { name, signal }) {
      const run = await find(id);
      const kept = keptBy(run);
      const found = name === undefined ? kept.at(-1) : kept.find((file) => file.name === name);
      if (found === undefined) throw missingFile(run, name === undefined ? "a result" : `a file "${name}"`);
      return await openFile(artifacts, { ...found, name: `${id}_${found.name}`, signal });
    },
    async log(id) {
      await find(id);
      return await readCallLog(artifacts, id);
    },
  };
}

/** Checks a request and makes what its recipe asks for: the parameters published, the files claimed. */
async function inputOf(
  { kind, parameters: tree, name, preview, overwrite = false }: RunRequest,
  { id, options: { orchestrator, artifacts, files, limits, date } }: {
    readonly id: string;
    readonly options: RunServiceOptions;
  },
): Promise<(RunInput | SimulationInput) & Omit<ServedInput, "request" | "owner">> {
  const plan = kind === "simulate" ? planSimulation : planReconstruction;
  await checkArtifactsOf(artifacts, tree);
  const planned = plan({ tree, name }, { id, files, limits });
  const isThere = async (run: string) => await orchestrator.view(run) !== null;
  if (!overwrite) await translated(() => claimOutputs(artifacts, { run: id, files: planned.outputs, isThere }));
  const parameters = await publishParameters(artifacts, { run: id, name: planned.name, tree: planned.tree });
  const served = { run: id, parameters, name: planned.name, outputs: planned.outputs };
  if (kind === "simulate") return { ...served, folder: ownFolder(id) };
  const recipe = recipeOf(planned.p);
  const total = recipe.engines.reduce((sum, { numiter }) => sum + numiter, 0);
  return {
    ...served,
    started: date().toISOString(),
    ...recipe,
    plot: preview === undefined ? previewInterval(total) : preview,
    keep: true,
  };
}

/** The picture of a run's end, drawn if it is not there. */
async function drawEnd(
  run: RunView,
  { options: { invoke }, signal }: { readonly options: RunServiceOptions; readonly signal: AbortSignal },
): Promise<string> {
  const { parameters } = run.input as unknown as RunInput;
  const { prepared, state } = run.result as unknown as RunOutcome;
  return (await invoke("plot", { run: run.id, parameters, prepared, state }, signal)).picture;
}

async function openFile(
  artifacts: ArtifactStore,
  { name, artifact, signal }: KeptFile & { readonly signal: AbortSignal },
): Promise<RunFile> {
  const file = await artifacts.fetch(artifact, signal);
  if (file !== null) return { name, tag: hashOf({ artifact, bytes: file.bytes }).slice(0, 32), file };
  throw new ApiError("NotFound", `Cannot open "${name}": found it removed, expected the artifact "${artifact}"`);
}

/** There may be one later, as long as the run has not ended. */
function missingFile(run: RunView, what: string): ApiError {
  const left = keptBy(run).map(({ name }) => name);
  const message = `Cannot find ${what} of run "${run.id}": found ${left.join(", ") || "no files"} of a run that is ` +
    run.status;
  return new ApiError("NotFound", message, { fields: { status: run.status, files: left }, retry: !hasEnded(run) });
}

/** What a run left so far. */
function keptBy({ result, progress }: RunView): readonly KeptFile[] {
  return ((result ?? progress) as unknown as RunOutcome | RunProgress | null)?.kept ?? [];
}

/** A run as HTTP has it. */
function recordOf(run: RunView): RunRecord {
  const { id, workflow, status, input, progress, error, submitted, changed } = run;
  return {
    id,
    kind: workflow as RunKind,
    name: (input as unknown as ServedInput).name,
    owner: ownerOfRun(run),
    status,
    submitted: submitted.toISOString(),
    changed: changed.toISOString(),
    progress: progress === null ? null : progressOf(progress as unknown as RunProgress),
    error: error === null ? null : { ...error, fields: { ...error.fields } },
    seconds: secondsOf(run),
    usage: ((run.result ?? progress) as unknown as RunOutcome | RunProgress | null)?.usage ?? null,
    files: keptBy(run).map(({ name }) => name),
  };
}

/** What a run that is done took for its iterations. */
function secondsOf({ result }: RunView): number | null {
  const { iterations = 0, secondsPerIteration = null } = (result ?? {}) as Partial<RunOutcome>;
  return secondsPerIteration === null ? null : secondsPerIteration * iterations;
}

function progressOf(progress: RunProgress): RunRecord["progress"] {
  const { engine, iteration, numiter, iterations, total, errors, secondsPerIteration } = progress;
  const secondsLeft = (total - iterations) * secondsPerIteration;
  return {
    engine,
    iteration,
    numiter,
    iterations,
    total,
    errors: [...errors],
    secondsPerIteration,
    secondsLeft,
  };
}

/** Which runs of an orchestrator to list. */
export interface WorkflowFilter extends Pick<RunFilter, "status" | "limit" | "after"> {
  isWanted(run: RunView): boolean;
}

/** A page of those runs of an orchestrator that are wanted. */
export async function listWorkflows(
  orchestrator: Orchestrator,
  { isWanted, status, limit, after }: WorkflowFilter,
): Promise<RunView[]> {
  const found: RunView[] = [];
  for (let last = after;;) {
    const page = await orchestrator.list({
      limit,
      ...(status === undefined ? {} : { status }),
      ...(last === undefined ? {} : { after: last }),
    });
    found.push(...page.filter(isWanted));
    if (page.length < limit || found.length >= limit) return found.slice(0, limit);
    last = page.at(-1)!.id;
  }
}

function requestHash({ kind, parameters, name = "", preview, overwrite = false }: RunRequest): string {
  try {
    return hashOf({
      kind,
      parameters: parameters as Json,
      name,
      preview: preview === undefined ? "" : preview,
      overwrite,
    });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // Such as .inf in YAML, or groups in groups without an end.
    throw new ParameterError([{ path: "parameters", message: cause.message }], cause);
  }
}

/** The run that an id stands for, if it was submitted with the same request. @throws ApiError `Conflict` */
function sameRequest(run: RunView, hash: string): RunRecord {
  if (KINDS.has(run.workflow) && (run.input as unknown as ServedInput).request === hash) return recordOf(run);
  const message = `Cannot submit run "${run.id}": found it submitted before with another request, expected the same; ` +
    "use another Idempotency-Key";
  throw new ApiError("Conflict", message, { fields: { id: run.id } });
}
