/** `exitwave status`: how a run or a batch at a server stands. */

import { Command } from "commander";
import { isPtychoError } from "../core/errors.ts";
import type { LinkedBatch } from "../functions/api/batches.ts";
import type { LinkedRun } from "../functions/api/run_links.ts";
import { type ApiClient, createApiClient, type ServerFlag, withServerOption } from "./api_client.ts";
import type { CliIo } from "./command.ts";
import { batchText, runText } from "./run_text.ts";

/** Declares the command. */
export function statusCommand(io: CliIo): Command {
  const command = new Command("status")
    .description("Say how a run at a server stands, or a batch with the table of its runs.")
    .argument("<id>", "the run or batch, as `exitwave submit` prints it");
  return withServerOption(command)
    .option("--json", "print what the server says as JSON")
    .action(async (id: string, flags: ServerFlag & { readonly json?: true }) => {
      const client = createApiClient(flags);
      const { run, batch } = await find(client, id);
      if (flags.json) return io.out(`${JSON.stringify(run ?? batch)}\n`);
      io.out(run === null ? batchText(batch!, client.address) : runText(run, client.address));
    });
}

/** The run of an id, or the batch. @throws {DataError} if it is neither */
async function find(
  client: ApiClient,
  id: string,
): Promise<{ readonly run: LinkedRun | null; readonly batch: LinkedBatch | null }> {
  const name = encodeURIComponent(id);
  try {
    return { run: await client.call<LinkedRun>("GET", `/v1/runs/${name}`), batch: null };
  } catch (noRun) {
    if (!isMissing(noRun)) throw noRun;
    try {
      return { run: null, batch: await client.call<LinkedBatch>("GET", `/v1/batches/${name}`) };
    } catch (error) {
      throw isMissing(error) ? noRun : error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return isPtychoError(error, "DataError") && error.fields.tag === "NotFound";
}
