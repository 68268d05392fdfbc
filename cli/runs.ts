/** `exitwave runs`: the runs of a server. */

import { Command, InvalidArgumentError, Option } from "commander";
import { RUN_STATUS } from "../functions/api/run_service.ts";
import type { LinkedRun } from "../functions/api/run_links.ts";
import { createApiClient, type ServerFlag, withServerOption } from "./api_client.ts";
import type { CliIo } from "./command.ts";
import { runTable } from "./run_text.ts";

interface RunsFlags extends ServerFlag {
  readonly status?: string;
  readonly limit: number;
  readonly after?: string;
  readonly json?: true;
}

/** Declares the command. */
export function runsCommand(io: CliIo): Command {
  const command = new Command("runs").description("List the runs of a server, newest first.");
  return withServerOption(command)
    .addOption(new Option("--status <status>", "only runs that are so far").choices(RUN_STATUS.options))
    .option("--limit <count>", "most runs to list", parseLimit, 20)
    .option("--after <id>", "only runs that come after this one")
    .option("--json", "print what the server says as JSON")
    .action(async (flags: RunsFlags) => {
      const query = new URLSearchParams({ limit: String(flags.limit) });
      if (flags.status !== undefined) query.set("status", flags.status);
      if (flags.after !== undefined) query.set("after", flags.after);
      const client = createApiClient(flags);
      const page = await client.call<{ runs: LinkedRun[]; next: string | null }>("GET", `/v1/runs?${query}`);
      if (flags.json) return io.out(`${JSON.stringify(page)}\n`);
      io.out(runTable(page.runs));
      if (page.next !== null) io.err(`more: --after ${page.next}\n`);
    });
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError(`Found "${text}", expected a whole number from 1 to 1000.`);
}
