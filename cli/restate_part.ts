/** What a process does for a Restate server: it answers it at /restate, and makes itself known to it. */

import { DEFAULT_STEP_TIME } from "../functions/cluster_settings.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import type { Workflows } from "../workflows/orchestrator.ts";
import { createRestateHandler } from "../workflows/restate.ts";
import { keepRegistering } from "../workflows/restate_registration.ts";

/** Where the part is: all paths below it are the Restate server's. */
const PATH = "/restate";

/** A process's part in the runs of a Restate server. */
export interface RestatePart {
  /** Whether a request is the Restate server's, which signs what it sends and needs no token. */
  isMine(request: Request): boolean;
  answer(request: Request): Promise<Response>;
  /** Makes the process known that listens at `address`, such as `http://127.0.0.1:8642`, until it is aborted. */
  register(address: string): Promise<void>;
}

/** Milliseconds after which an attempt of a step has failed; Infinity where this process does everything itself. */
export function stepTimeOf({ step_time, workers, restate }: ServerConfig): number {
  if (step_time !== null) return 1000 * step_time;
  return workers.length === 0 && restate === null ? Infinity : 1000 * DEFAULT_STEP_TIME;
}

/** Makes the part of this process. When `signal` aborts, the runs in hand go on at another process, or when it is started again. */
export function createRestatePart(
  config: ServerConfig & { readonly restate: NonNullable<ServerConfig["restate"]> },
  { workflows, signal, say }: {
    readonly workflows: Workflows;
    readonly signal: AbortSignal;
    readonly say: (text: string) => void;
  },
): RestatePart {
  const { restate } = config;
  const handler = createRestateHandler(workflows, {
    stepTimeoutMilliseconds: stepTimeOf(config),
    identityKeys: restate.identity_keys,
    signal,
    log: say,
  });
  return {
    isMine: ({ url }) => new URL(url).pathname.startsWith(`${PATH}/`),
    answer: handler,
    register: (address) => keepRegistering(restate, { uri: restate.uri ?? `${address}${PATH}`, signal, log: say }),
  };
}
