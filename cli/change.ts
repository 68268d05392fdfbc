/** `exitwave cancel` and `exitwave resume`: end a run at a server, and let it go on. */

import { Command } from "commander";
import type { LinkedRun } from "../functions/api/run_links.ts";
import { createApiClient, type ServerFlag, withServerOption } from "./api_client.ts";
import type { CliIo } from "./command.ts";
import { runText } from "./run_text.ts";

/** Declares `cancel`. */
export function cancelCommand(io: CliIo): Command {
  return changeCommand("cancel", { description: "End a run at a server; what it left stays.", io });
}

/** Declares `resume`. */
export function resumeCommand(io: CliIo): Command {
  return changeCommand("resume", { description: "Let a run at a server go on that failed or was cancelled.", io });
}

function changeCommand(
  name: string,
  { description, io }: { readonly description: string; readonly io: CliIo },
): Command {
  const command = new Command(name).description(description)
    .argument("<id>", "the run or batch, as `exitwave submit` prints it");
  return withServerOption(command)
    .option("--batch", "the id is that of a batch: all its runs")
    .option("--json", "print what the server says as JSON")
    .action(async (id: string, flags: ServerFlag & { readonly batch?: true; readonly json?: true }) => {
      const client = createApiClient(flags);
      const path = `/v1/${flags.batch ? "batches" : "runs"}/${encodeURIComponent(id)}/${name}`;
      const changed = await client.call<LinkedRun>("POST", path);
      if (flags.json) io.out(`${JSON.stringify(changed)}\n`);
      else io.out(flags.batch ? `${changed.id}  ${changed.status}\n` : runText(changed, client.address));
    });
}
