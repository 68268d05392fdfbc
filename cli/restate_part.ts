/** What a process does for a Restate server: it answers it at /restate, and makes itself known to it. */

import type { ServerConfig } from "../functions/server_config.ts";
import type { Workflows } from "../workflows/orchestrator.ts";
import { createRestateHandler } from "../workflows/restate.ts";
import { keepRegistering } from "../workflows/restate_registration.ts";
import { stepTimeOf } from "./stage_host.ts";

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
