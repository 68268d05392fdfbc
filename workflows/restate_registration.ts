/** Making a process known to a Restate server that may not be there yet. */

import { wait } from "../functions/wait.ts";
import { RunError } from "./orchestrator.ts";
import { registerRestateWorker, type RestateServer } from "./restate_client.ts";

/** Pause between two attempts, each of which is patient itself. */
const PAUSE_MILLISECONDS = 2000;

/**
 * Registers a process under its address as the server reaches it, as often as it takes. Whoever is registered last gets the new runs; those
 * that have begun stay where they began.
 *
 * @returns once it is known, or `signal` aborted
 */
export async function keepRegistering(
  server: RestateServer,
  { uri, signal, log }: { readonly uri: string; readonly signal: AbortSignal; readonly log: (message: string) => void },
): Promise<void> {
  let told = "";
  while (!signal.aborted) {
    try {
      await registerRestateWorker(server, uri);
      return log(`the Restate server at ${server.admin} knows this process as ${uri}`);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      if (error.message !== told) log(`${error.message}; trying again`);
      told = error.message;
    }
    // Aborted, it is over too.
    await wait(PAUSE_MILLISECONDS, signal).catch(() => {});
  }
}
