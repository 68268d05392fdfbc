/** The guard in front of a process that serves, as its configuration says. */

import { checkListening, guarded, type GuardOptions, needsToken, openKeys } from "../functions/guard/guard.ts";
import type { ServerConfig } from "../functions/server_config.ts";

/** Puts the guard in front of an application. */
export type Gate = (
  app: Parameters<typeof guarded>[0],
  options: Pick<GuardOptions, "failed" | "isOpen" | "isStreamed" | "observe" | "isDraining">,
) => ReturnType<typeof guarded>;

/** Said where there are no tokens. */
const NO_TOKENS = "no tokens: every program of this machine may do everything, others cannot reach it; " +
  "make one with `exitwave token create NAME --role admin`";

/**
 * Opens the keys, before anything that takes its time.
 * @throws {DataError} if they cannot be read, or others could reach the process without one
 */
export function openGate(
  { access, listen: { host }, limits }: ServerConfig,
  { say, now }: { readonly say: (text: string) => void; readonly now: () => Date },
): Gate {
  const secret = Deno.env.get("EXITWAVE_JWT_SECRET");
  const keys = openKeys(access, { file: access.tokens, secret, now });
  checkListening(host, keys);
  say(needsToken(keys) ? "every request needs a token" : NO_TOKENS);
  return (app, options) => guarded(app, { keys, limits, hosts: [host, ...access.hosts], ...options });
}
