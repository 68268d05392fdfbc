/** What a run is to Restate, agreed between its workers (restate.ts) and who asks for it (restate_client.ts): one virtual object. */

import type { Json } from "../core/json.ts";
import type { RunEnd } from "./run_context.ts";

/** The virtual object that runs are; a run's id is its key, `run` its handler. */
export const SERVICE = "exitwave";

/** Keys of its state. Steps and waits have a key each, so that a resumed run finds them. */
export const [RECORD, BEGAN, PROGRESS, OUTCOME] = ["record", "began", "progress", "outcome"] as const;

/** What the keys of steps and of waits begin with. */
export const [STEP, SLEEP] = ["step/", "sleep/"] as const;

/** What `run` is called with. */
export interface RunRequest {
  readonly workflow: string;
  readonly input: Json;
  /** Milliseconds since 1970. */
  readonly submitted: number;
  /** Milliseconds to wait before it begins. */
  readonly delay: number;
  /** 0 at first, then one more for each time it was resumed. */
  readonly attempt: number;
}

/** The request as the state keeps it, with the invocation that it belongs to. */
export interface RunRecord extends RunRequest {
  readonly invocation: string;
}

/** How an invocation ended. */
export type RunOutcome = { readonly invocation: string } & (RunEnd | { readonly cancelled: true });
