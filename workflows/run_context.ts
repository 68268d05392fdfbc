/** What a workflow sees of its run, over either back end: names, retries, time limits and failures of steps. */

import { reviveError } from "../core/revive_error.ts";
import { inSpan } from "../functions/operation/span.ts";
import { runHeader } from "../functions/operation/trace.ts";
import type { Json } from "../core/json.ts";
import { DeviceError } from "../kernels/errors.ts";
import {
  failureOf,
  isFatal,
  type RetryPolicy,
  type RunFailure,
  throughJson,
  type Workflow,
  type WorkflowContext,
} from "./orchestrator.ts";

/** Milliseconds; a longer timer would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How a step came out: a value (none for undefined), or a failure and whether trying again cannot help. Plain JSON. */
export type StepOutcome = { readonly value?: Json } | { readonly failure: RunFailure; readonly fatal: boolean };

/** What a back end does for a run. */
export interface StepJournal {
  /** How the step came out before; null if it has not. */
  recall(name: string): Promise<StepOutcome | null>;
  /** Does one attempt of a step. It may be left hanging, never to be settled, where another process goes on with the run. */
  attempt(label: string, work: () => Promise<StepOutcome>): Promise<StepOutcome>;
  /** Waits before another attempt. */
  pause(label: string, milliseconds: number): Promise<void>;
  /** Remembers how a step came out at last. */
  keep(name: string, outcome: StepOutcome): Promise<void>;
  sleep(name: string, milliseconds: number): Promise<void>;
  report(progress: Json, options: { readonly withinStep: boolean }): void;
}

/** The run that a context is for. */
export interface RunContextOptions {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly retry: RetryPolicy;
  /** After so long an attempt has failed, and what it returns later is not taken. Infinity: never. */
  readonly stepTimeoutMilliseconds: number;
  /** Is told of attempts that failed and are made again. */
  readonly log: (message: string) => void;
}

/** A context and what it takes to end a run. */
export interface RunContext extends WorkflowContext {
  /** Waits until no step is at work, also where the workflow did not. */
  quiet(): Promise<void>;
}

/** Makes the context of one run over what its back end can do. */
export function createRunContext(journal: StepJournal, options: RunContextOptions): RunContext {
  const { id, signal, retry } = options;
  const names = new Set<string>();
  let current: { readonly name: string; readonly ended: Promise<unknown> } | null = null;

  /** One after another: a server that replays a run could not tell in which order they began otherwise. */
  async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (current !== null) {
      const message = `Cannot begin "${name}": found "${current.name}" at work, expected its end; await it first`;
      throw new TypeError(message);
    }
    if (names.has(name)) {
      throw new TypeError(`Cannot begin "${name}": found a step of this name, expected another name`);
    }
    names.add(name);
    signal.throwIfAborted();
    const ended = work();
    current = { name, ended };
    try {
      return await ended;
    } finally {
      current = null;
    }
  }

  async function step<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const before = await journal.recall(name);
    if (before !== null) return settle<T>(before);
    for (let attempt = 1;; attempt++) {
      signal.throwIfAborted();
      let cause: unknown;
      const failed = (error: unknown) => void (cause = error);
      const label = attempt === 1 ? name : `${name} (attempt ${attempt})`;
      const attributes = { "exitwave.run": id, "exitwave.step": name, "exitwave.attempt": attempt };
      const measured = (signal: AbortSignal) =>
        inSpan(`step ${name}`, { attributes, parent: runHeader(id) }, () => work(signal));
      const outcome = await journal.attempt(label, () => attemptStep(measured, { name, failed, options }));
      if (!("failure" in outcome) || outcome.fatal || attempt >= retry.attempts) {
        await journal.keep(name, outcome);
        signal.throwIfAborted();
        return settle<T>(outcome, cause);
      }
      const { message } = outcome.failure;
      options.log(`step "${name}" of run "${id}" failed and is tried again: ${message}`);
      await journal.pause(`before ${name} (attempt ${attempt + 1})`, waitBefore(attempt + 1, retry));
    }
  }

  async function sleep(name: string, milliseconds: number): Promise<void> {
    await journal.sleep(name, milliseconds);
    signal.throwIfAborted();
  }

  return {
    id,
    signal,
    step: (name, work) => handled(alone(name, () => step(name, work))),
    sleep: (name, milliseconds) => handled(alone(name, () => sleep(name, milliseconds))),
    report(progress) {
      journal.report(throughJson(progress), { withinStep: current !== null });
    },
    async quiet() {
      while (current !== null) await Promise.allSettled([current.ended]);
    },
  };
}

/** Milliseconds to wait before an attempt, counted from 1; the first does not wait. */
export function waitBefore(attempt: number, retry: RetryPolicy): number {
  if (attempt <= 1) return 0;
  return Math.min(retry.initialMilliseconds * retry.factor ** (attempt - 2), retry.longestMilliseconds);
}

/** How a run ended. */
export type RunEnd = { readonly result: Json } | { readonly error: RunFailure };

/** Runs a workflow until it and its steps have ended. Who calls looks at the signal before what it returned. */
export async function conclude(
  workflow: Workflow,
  { context, input }: { readonly context: RunContext; readonly input: Json },
): Promise<RunEnd> {
  try {
    return { result: throughJson(await workflow(context, input) ?? null) };
  } catch (error) {
    return { error: failureOf(error) };
  } finally {
    await context.quiet();
  }
}

/** A step that its workflow does not wait for must not end the process when it fails. */
function handled<T>(step: Promise<T>): Promise<T> {
  step.catch(() => {});
  return step;
}

function settle<T>(outcome: StepOutcome, cause?: unknown): T {
  if ("failure" in outcome) throw reviveError(outcome.failure, cause);
  return outcome.value as T;
}

async function attemptStep<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { name, failed, options }: { name: string; failed: (error: unknown) => void; options: RunContextOptions },
): Promise<StepOutcome> {
  let value: unknown;
  try {
    value = await limit(work, name, options);
  } catch (error) {
    options.signal.throwIfAborted();
    failed(error);
    return { failure: failureOf(error), fatal: isFatal(error) };
  }
  if (value === undefined) return {};
  try {
    return { value: throughJson(value) };
  } catch (error) {
    failed(error);
    const message =
      `Cannot remember the result of step "${name}": found a value that is not JSON, expected plain JSON; ` +
      "return references to arrays, not arrays";
    return { failure: { tag: "TypeError", message, fields: {} }, fatal: true };
  }
}

/** Does `work`, for a limited time: what does not end in time has failed, though it may go on until it heeds its signal. */
async function limit<T>(
  work: (signal: AbortSignal) => Promise<T>,
  name: string,
  { signal, stepTimeoutMilliseconds }: RunContextOptions,
): Promise<T> {
  if (stepTimeoutMilliseconds > LONGEST_TIMER) return await work(signal);
  const own = new AbortController();
  const late = Promise.withResolvers<never>();
  const forward = () => own.abort(signal.reason);
  signal.addEventListener("abort", forward);
  const timer = setTimeout(() => {
    const message = `Cannot finish step "${name}": found no result within ${stepTimeoutMilliseconds} ms; ` +
      "give steps more time, or make their blocks shorter";
    const error = new DeviceError(message, { step: name, stepTimeoutMilliseconds });
    own.abort(error);
    late.reject(error);
  }, stepTimeoutMilliseconds);
  try {
    return await Promise.race([work(own.signal), late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", forward);
  }
}
