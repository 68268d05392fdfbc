/** Durable runs: what a workflow sees, what who submits it sees, and their errors. The back ends are embedded.ts and restate.ts. */

import { DataError, isPtychoError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";

/** What a workflow works with. Its step names are unique within a run, and the same each time the workflow runs. */
export interface WorkflowContext {
  readonly id: string;
  /** Aborts with a `RunInterrupted` when the run is cancelled or this process stops working on it. */
  readonly signal: AbortSignal;
  /**
   * Does `work` once and remembers its JSON result; a resumed run gets the result without work. An attempt that fails is
   * made again after a while, unless the error is fatal. Steps are done one after another: await each before the next.
   *
   * `work` may be cut short by the end of the process and then begins anew: its effects must bear that. It should reject
   * soon after its signal aborts; what it returns all the same may be remembered.
   *
   * @throws the error of the last attempt, made from its JSON (`reviveError`); `RunInterrupted`; TypeError if the name is taken or
   * another step is at work
   */
  step<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Waits; what has passed of it counts after a restart. */
  sleep(name: string, milliseconds: number): Promise<void>;
  /** Tells how things stand; the last value is kept, losing one is harmless. Within a step it may show when that ends. */
  report(progress: Json): void;
}

/** The order of steps. It has no clock, randomness or input of its own: all that can differ comes out of a step. */
export type Workflow = (context: WorkflowContext, input: Json) => Promise<Json>;

/** Workflows by name. */
export type Workflows = Readonly<Record<string, Workflow>>;

/** How far a run is. */
export type RunStatus = "pending" | "running" | "done" | "failed" | "cancelled";

/** Why a run failed: the tag of an Exitwave error or the name of another, as plain JSON. */
export interface RunFailure {
  readonly tag: string;
  readonly message: string;
  readonly fields: { readonly [key: string]: Json };
}

/** A run as it stands. */
export interface RunView {
  readonly id: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly input: Json;
  /** What was reported last; null before that. */
  readonly progress: Json | null;
  /** What the workflow returned; null unless done. */
  readonly result: Json | null;
  /** Null unless failed. */
  readonly error: RunFailure | null;
  readonly submitted: Date;
  readonly changed: Date;
  /** Finished steps, without waits. */
  readonly steps: number;
}

/** Which runs to list. */
export interface ListOptions {
  readonly status?: RunStatus;
  /** At most so many, 100 unless told. */
  readonly limit?: number;
  /** Only runs that come after this one in the list. */
  readonly after?: string;
}

/** Runs workflows and keeps what they did. */
export interface Orchestrator extends AsyncDisposable {
  /**
   * Submitting the same id again with equal input is harmless and returns the run as it stands. The order of keys in an
   * input does not matter.
   *
   * @throws {RunError} `conflict` if the id was submitted with other input, `unknown workflow`, `bad id`
   */
  submit(workflow: string, id: string, input: Json, options?: { delayMilliseconds?: number }): Promise<RunView>;
  /** Null if there is no such run. */
  view(id: string): Promise<RunView | null>;
  /** Newest first. */
  list(options?: ListOptions): Promise<RunView[]>;
  /** Ends a run; harmless if it has ended. */
  cancel(id: string): Promise<void>;
  /** A failed or cancelled run goes on with the steps it has; harmless if it is on its way. @throws {RunError} if done */
  resume(id: string): Promise<void>;
  /** Forgets a run that has ended. @throws {RunError} `wrong state` if it has not */
  remove(id: string): Promise<void>;
  /** Waits until the run has ended. @throws the reason of `signal` */
  result(id: string, signal?: AbortSignal): Promise<RunView>;
}

/** How often and when a step is tried again. */
export interface RetryPolicy {
  /** All attempts, with the first. */
  readonly attempts: number;
  readonly initialMilliseconds: number;
  /** By how much each wait is longer than the one before. */
  readonly factor: number;
  readonly longestMilliseconds: number;
}

/** Five attempts within two and a half seconds: longer outages are for the caller of a service to bridge. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 5,
  initialMilliseconds: 100,
  factor: 2.5,
  longestMilliseconds: 5000,
};

/** Why an orchestrator refuses. */
export type RunErrorReason =
  | "bad id"
  | "conflict"
  | "journal"
  | "missing"
  | "owned"
  | "unknown workflow"
  | "unreachable"
  | "wrong state";

/** What an orchestrator cannot do; `fields.reason` survives JSON. */
export class RunError extends DataError {
  readonly reason: RunErrorReason;

  constructor(reason: RunErrorReason, message: string, fields: Record<string, unknown> = {}, cause?: unknown) {
    super(message, { reason, ...fields }, cause);
    this.reason = reason;
  }
}

/** Why a run's signal aborts: the run was cancelled, or this process stops working on it and another may go on. */
export class RunInterrupted extends Error {
  readonly why: "cancelled" | "stopped";

  constructor(why: "cancelled" | "stopped", id: string) {
    super(`Run "${id}" was ${why === "cancelled" ? "cancelled" : "stopped here, to go on later"}`);
    this.name = "RunInterrupted";
    this.why = why;
  }
}

/** True if trying again cannot help: the mistake is the user's, or in the data, or more memory is wanted than may be taken. */
export function isFatal(error: unknown): boolean {
  return isPtychoError(error) && (error._tag !== "DeviceError" || "least" in error.fields);
}

/** True if the run has come to an end. */
export function hasEnded({ status }: Pick<RunView, "status">): boolean {
  return status === "done" || status === "failed" || status === "cancelled";
}

/** An error as plain JSON; fields that are no JSON are left out. */
export function failureOf(error: unknown): RunFailure {
  if (!(error instanceof Error)) return { tag: "Error", message: String(error), fields: {} };
  return { tag: error.name, message: error.message, fields: isPtychoError(error) ? jsonFields(error.fields) : {} };
}

/** The value as it comes back from JSON. @throws TypeError if it has no JSON at all, such as a BigInt */
export function throughJson(value: unknown): Json {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`Cannot write ${typeof value} as JSON`);
  return JSON.parse(text);
}

/** Whether two values are the same JSON; the order of keys does not matter. */
export function sameJson(a: Json, b: Json): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, Json>, b as Record<string, Json>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length &&
    keys.every((key) => Object.hasOwn(y, key) && sameJson(x[key]!, y[key]!));
}

/** What every back end checks of a submission. @returns the input as it comes back from JSON */
export function checkSubmission(
  { workflow, id, input, delay }: { workflow: string; id: string; input: Json; delay: number },
  known: readonly string[],
): Json {
  if (!(delay >= 0 && delay < Infinity)) {
    throw new RangeError(`Cannot submit run "${id}": found a delay of ${delay} ms, expected at least 0`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id)) {
    const expected = "1 to 128 letters, digits, dots, dashes or underscores, the first a letter or digit";
    throw new RunError("bad id", `Cannot submit a run: found the id ${JSON.stringify(id)}, expected ${expected}`, {
      id,
    });
  }
  if (!known.includes(workflow)) throw unknownWorkflow(workflow, { id, known });
  return throughJson(input);
}

/** The run that an id was submitted for before, if it is the same. @throws {RunError} `conflict` */
export function sameRun(run: RunView, workflow: string, input: Json): RunView {
  if (run.workflow === workflow && sameJson(run.input, input)) return run;
  const message = `Cannot submit run "${run.id}": found it submitted before with other input, expected the same; ` +
    "choose another id, or remove that run first";
  throw new RunError("conflict", message, { id: run.id });
}

/** @returns the error for a workflow that is not there */
export function unknownWorkflow(name: string, { id, known }: { id: string; known: readonly string[] }): RunError {
  const message = `Cannot run "${id}": found the workflow "${name}", expected one of ${known.join(", ")}`;
  return new RunError("unknown workflow", message, { id, workflow: name });
}

/** @returns the error for a run that is not there */
export function missingRun(what: string, id: string): RunError {
  return new RunError("missing", `Cannot ${what} run "${id}": found no such run`, { id });
}

/** @returns the error for a run that is not in the state it should be in */
export function wrongState(what: string, run: Pick<RunView, "id" | "status">, expected: string): RunError {
  const message = `Cannot ${what} run "${run.id}": found it ${run.status}, expected it ${expected}`;
  return new RunError("wrong state", message, { id: run.id, status: run.status });
}

function jsonFields(fields: Readonly<Record<string, unknown>>): { readonly [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => {
      try {
        return [[key, throughJson(value)]];
      } catch (error) {
        // No JSON, such as a BigInt or a circle: the message says what matters.
        if (error instanceof TypeError) return [];
        throw error;
      }
    }),
  );
}
