/** Who keeps the runs of a server, as its configuration says: a journal in its state folder, or a Restate server. */

import { join } from "node:path";
import type { ServerConfig } from "../functions/server_config.ts";
import { openEmbeddedOrchestrator } from "../workflows/embedded.ts";
import type { Orchestrator, Workflows } from "../workflows/orchestrator.ts";
import type { RestatePart } from "./restate_part.ts";
import { stepTimeOf } from "./stage_host.ts";

/** Who keeps the runs. */
export interface Runner extends AsyncDisposable {
  readonly orchestrator: Orchestrator;
  /** Null if it is the journal. */
  readonly restate: RestatePart | null;
  /** Brings the steps in hand here to their end and begins no more. */
  drain(): Promise<void>;
}

/** What it works with. */
export interface RunnerOptions {
  readonly workflows: Workflows;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/**
 * Loads what is needed, and returns what opens it without waiting: from then on runs go on that were there before.
 *
 * @throws {RunError} (of what is returned) if the journal cannot be used
 */
export async function loadRunner(config: ServerConfig): Promise<(options: RunnerOptions) => Runner> {
  const { restate, concurrency, state } = config;
  if (restate === null) {
    return ({ workflows, say }) => {
      const orchestrator = openEmbeddedOrchestrator(workflows, {
        folder: join(state, "runs"),
        concurrency,
        stepTimeoutMilliseconds: stepTimeOf(config),
        log: say,
      });
      const drain = () => orchestrator.drain();
      return { orchestrator, restate: null, drain, [Symbol.asyncDispose]: () => orchestrator[Symbol.asyncDispose]() };
    };
  }
  // Loaded only where they are used: the SDK takes memory and reads variables of its own.
  const { createRestateOrchestrator } = await import("../workflows/restate_orchestrator.ts");
  const { createRestatePart } = await import("./restate_part.ts");
  return (options) => {
    const orchestrator = createRestateOrchestrator({ ...restate, workflows: Object.keys(options.workflows) });
    const part = createRestatePart({ ...config, restate }, options);
    // Requests in hand are its steps; the server waits for them.
    const drain = () => Promise.resolve();
    return { orchestrator, restate: part, drain, [Symbol.asyncDispose]: () => orchestrator[Symbol.asyncDispose]() };
  };
}
