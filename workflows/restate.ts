/** Durable runs over any number of workers by a Restate server. The only importer of its SDK; the client is restate_orchestrator.ts. */

import type { Json } from "../core/json.ts";
import {
  CancelledError,
  createEndpointHandler,
  createObjectHandler,
  type LoggerTransport,
  object,
  type ObjectContext,
  TerminalError,
} from "@restatedev/restate-sdk/fetch";
import {
  DEFAULT_RETRY,
  type RetryPolicy,
  RunInterrupted,
  unknownWorkflow,
  type Workflow,
  type Workflows,
} from "./orchestrator.ts";
import {
  BEGAN,
  OUTCOME,
  PROGRESS,
  RECORD,
  type RunOutcome,
  type RunRecord,
  type RunRequest,
  SERVICE,
  SLEEP,
  STEP,
} from "./restate_state.ts";
import { conclude, createRunContext, type RunEnd, type StepJournal, type StepOutcome } from "./run_context.ts";

/** A finished run is known until it is removed: ten years. What its journal held besides is dropped after a week. */
const RETENTION = { idempotencyRetention: { days: 3650 }, journalRetention: { days: 7 } };

/**
 * A worker that is away is tried again within five seconds of its return. After about 14 hours without any progress a run
 * is paused, so that one that kills its workers does not do so for ever; `resume` makes it go on.
 */
const WORKER_RETRY = {
  initialInterval: 100,
  exponentiationFactor: 2,
  maxInterval: 5000,
  maxAttempts: 10_000,
  onMaxAttempts: "pause",
} as const;

/** How a worker does its part. */
export interface RestateHandlerOptions {
  /** After so long an attempt of a step has failed. A frozen worker is given up after about three times that. */
  readonly stepTimeoutMilliseconds: number;
  /** Public keys (`publickeyv1_...`) of the servers to obey. If empty, everyone who reaches this address is obeyed. */
  readonly identityKeys: readonly string[];
  readonly retry?: RetryPolicy;
  /** When aborted, the steps in hand are asked to end, and runs go on elsewhere or later. */
  readonly signal?: AbortSignal;
  /** Is told what went wrong between this worker and the server. */
  readonly log?: (message: string) => void;
}

/**
 * Makes the HTTP handler of a worker, to be mounted at `/restate/*` of a server that speaks HTTP/2, such as `Deno.serve`.
 * The address is made known to the Restate server by `registerRestateWorker`.
 */
export function createRestateHandler(
  workflows: Workflows,
  options: RestateHandlerOptions,
): (request: Request) => Promise<Response> {
  // A step ends within its own limit; what is silent for longer is no step at work.
  const silence = Math.ceil(options.stepTimeoutMilliseconds * 1.25) + 1000;
  const working: Working = new Map();
  const run = createObjectHandler(
    { ...RETENTION, retryPolicy: WORKER_RETRY, inactivityTimeout: silence, abortTimeout: silence },
    (restate: ObjectContext, request: RunRequest) => runWorkflow(restate, { request, workflows, options, working }),
  );
  const endpoint = createEndpointHandler({
    bidirectional: true,
    identityKeys: [...options.identityKeys],
    logger: loggerOf(options.log ?? (() => {})),
    services: [object({ name: SERVICE, handlers: { run } })],
  });
  return async (request) => {
    if (options.signal?.aborted) return new Response("This worker is stopping", { status: 503 });
    return await endpoint(request);
  };
}

/** Work in hand by run, also of attempts that the server has given up. */
type Working = Map<string, Set<Promise<unknown>>>;

interface Attempt {
  readonly request: RunRequest;
  readonly workflows: Workflows;
  readonly options: RestateHandlerOptions;
  readonly working: Working;
}

async function runWorkflow(restate: ObjectContext, { request, workflows, options, working }: Attempt): Promise<Json> {
  const { id: invocation, attemptCompletedSignal } = restate.request();
  const id = restate.key;
  const controller = new AbortController();
  stopWith(controller, { id, signals: [attemptCompletedSignal, options.signal] });
  if (request.attempt === 0) restate.clearAll();
  restate.set(RECORD, { ...request, invocation } satisfies RunRecord);
  const done = new Set(request.attempt > 0 ? await restate.stateKeys() : []);
  const steps = stepJournal(restate, { done, controller, working });
  const context = createRunContext(steps, {
    id,
    signal: controller.signal,
    retry: options.retry ?? DEFAULT_RETRY,
    stepTimeoutMilliseconds: options.stepTimeoutMilliseconds,
    log: options.log ?? (() => {}),
  });
  const workflow: Workflow = async (context, input) => {
    if (request.delay > 0) await steps.pause("delayed start", request.delay);
    restate.set(BEGAN, invocation);
    const { workflow: name } = request;
    if (!Object.hasOwn(workflows, name)) throw unknownWorkflow(name, { id, known: Object.keys(workflows) });
    return await workflows[name]!(context, input);
  };
  const end = await conclude(workflow, { context, input: request.input });
  return finish(restate, { end, reason: controller.signal.reason });
}

/** Leaves the outcome in the state of the run, and gives the server its own form of it. */
function finish(restate: ObjectContext, { end, reason }: { end: RunEnd; reason: RunInterrupted | undefined }): Json {
  // To be tried again elsewhere or later.
  if (reason?.why === "stopped") throw reason;
  const { id: invocation } = restate.request();
  const outcome: RunOutcome = reason === undefined ? { invocation, ...end } : { invocation, cancelled: true };
  restate.set(OUTCOME, outcome);
  if ("cancelled" in outcome) throw new CancelledError();
  if ("error" in outcome) throw new TerminalError(`${outcome.error.tag}: ${outcome.error.message}`);
  return outcome.result;
}

/** Aborts the work of an attempt when the server has given it up, or this worker stops. */
function stopWith(
  controller: AbortController,
  { id, signals }: { readonly id: string; readonly signals: readonly (AbortSignal | undefined)[] },
): void {
  const stop = () => controller.abort(new RunInterrupted("stopped", id));
  for (const signal of signals) {
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true, signal: controller.signal });
  }
}

/** The steps of a run: remembered by the server while an invocation lasts, in the state of the run beyond that. */
function stepJournal(
  restate: ObjectContext,
  { done, controller, working }: { done: ReadonlySet<string>; controller: AbortController; working: Working },
): StepJournal {
  const id = restate.key;
  const { signal } = controller;
  const earlier = [...working.get(id) ?? []];
  let held: Json | undefined;

  function cancelled(): never {
    controller.abort(new RunInterrupted("cancelled", id));
    throw signal.reason;
  }

  async function heed<T>(promise: PromiseLike<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      if (error instanceof CancelledError) cancelled();
      throw error;
    }
  }

  /** Begins when no attempt that was given up is at work on this run here. */
  async function alone(work: () => Promise<StepOutcome>): Promise<AttemptResult> {
    await Promise.allSettled(earlier);
    try {
      signal.throwIfAborted();
      const outcome = await work();
      const progress = held;
      held = undefined;
      return progress === undefined ? { outcome } : { outcome, progress };
    } catch (error) {
      // An error would make the server begin the step again.
      if (error instanceof RunInterrupted && error.why === "cancelled") return { cancelled: true };
      throw error;
    }
  }

  return {
    async recall(name) {
      return done.has(STEP + name) ? await heed(restate.get<StepOutcome>(STEP + name)) : null;
    },
    async attempt(label, work) {
      let atWork: Promise<unknown> | undefined;
      held = undefined;
      const attempt = restate.run(label, () => {
        const result = track(alone(work), { working, id });
        atWork = result;
        return result;
      });
      let result: AttemptResult;
      try {
        result = await heed(attempt);
      } catch (error) {
        // Cancelled: the server does not wait for the work, this run does.
        await Promise.allSettled([atWork]);
        throw error;
      }
      if ("cancelled" in result) cancelled();
      if (result.progress !== undefined) restate.set(PROGRESS, result.progress);
      return result.outcome;
    },
    async pause(label, milliseconds) {
      await heed(restate.sleep(milliseconds, label));
    },
    keep(name, outcome) {
      if (!("failure" in outcome)) restate.set(STEP + name, outcome);
      return Promise.resolve();
    },
    async sleep(name, milliseconds) {
      const now = await heed(restate.date.now());
      const before = done.has(SLEEP + name) ? await heed(restate.get<number>(SLEEP + name)) : null;
      const wake = before ?? now + milliseconds;
      if (before === null) restate.set(SLEEP + name, wake);
      if (wake > now) await heed(restate.sleep(Math.min(wake - now, milliseconds), name));
    },
    report(progress, { withinStep }) {
      if (withinStep) held = progress;
      else if (!signal.aborted) restate.set(PROGRESS, progress);
    },
  };
}

type AttemptResult = { readonly outcome: StepOutcome; readonly progress?: Json } | { readonly cancelled: true };

function track<T>(work: Promise<T>, { working, id }: { readonly working: Working; readonly id: string }): Promise<T> {
  const all = working.get(id) ?? new Set();
  working.set(id, all.add(work));
  const forget = () => {
    all.delete(work);
    if (all.size === 0 && working.get(id) === all) working.delete(id);
  };
  work.then(forget, forget);
  return work;
}

function loggerOf(log: (message: string) => void): LoggerTransport {
  return ({ level, context }, message, ...more) => {
    if (level !== "warn" && level !== "error") return;
    const what = [message, ...more].map((part) => part instanceof Error ? part.message : String(part)).join(" ");
    // What follows is where in the SDK it was found.
    const [first] = what.split("\n");
    log(context === undefined ? first! : `Run "${context.key}": ${first}`);
  };
}
