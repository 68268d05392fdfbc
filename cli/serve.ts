/** `exitwave serve`: runs over HTTP, kept in a journal or by a Restate server, and done in this process or by workers. */

import { Command } from "commander";
import { type ApiOptions, mountApi } from "../functions/api/mount.ts";
import { isUpload } from "../functions/api/uploads.ts";
import { isDescription } from "../functions/api/viewer.ts";
import { createApp } from "../functions/app.ts";
import { bucketOpener } from "../functions/open_artifacts.ts";
import { loadServerConfig, type ServerConfig } from "../functions/server_config.ts";
import { openSchedules } from "../workflows/open_schedules.ts";
import { createCallerQueue } from "../workflows/caller_queue.ts";
import { createBatchService } from "../workflows/batch_service.ts";
import type { Orchestrator } from "../workflows/orchestrator.ts";
import { openRetention } from "../workflows/retention.ts";
import { createRunService } from "../workflows/run_service.ts";
import { serverWorkflows } from "../workflows/server_workflows.ts";
import type { CliIo } from "./command.ts";
import { openGate } from "./gate.ts";
import { listen } from "./listen.ts";
import { collect } from "./open_run.ts";
import { openOperation } from "./operation.ts";
import { loadRunner } from "./runner.ts";
import { openStageHost } from "./stage_host.ts";

/** The flags of commands that serve. */
export interface ServeFlags {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Declares the command. */
export function serveCommand(io: CliIo): Command {
  const command = new Command("serve")
    .description(
      "Serve reconstructions over HTTP, on this machine alone unless the configuration says otherwise. Runs survive the end of the " +
        "server: started again, it goes on with them. Ctrl-C stops it.",
    );
  return withConfigOptions(command).action(async (flags: ServeFlags) => {
    await serve(io, loadServerConfig(flags.config ?? null, flags.set ?? []));
  });
}

/** Adds the options of commands that serve. */
export function withConfigOptions(command: Command): Command {
  return command
    .option("--config <file>", "configuration, YAML or JSON (default: everything as docs/operations.md lists it)")
    .option("--set <path=value>", "override a setting, such as listen.port=9000; may be repeated", collect);
}

/** Serves until it is interrupted. */
async function serve(io: CliIo, config: ServerConfig): Promise<void> {
  const operation = openOperation(config, io);
  const { say } = operation;
  const { limits } = config;
  const gate = openGate(config, { say, now: () => new Date() });
  await using host = await openStageHost(config, operation);
  const { artifacts, files, invoke, options: { failed } } = host;
  const workflows = serverWorkflows({ invoke, artifacts, runs: () => runs });
  const openRunner = await loadRunner(config);
  await using runner = openRunner({ workflows, signal: io.signal, say });
  const { orchestrator, restate } = runner;
  const date = () => new Date();
  const queue = createCallerQueue({ orchestrator, most: limits.queued });
  const runs = createRunService({ orchestrator, artifacts, files, limits, queue, invoke, date });
  const openBucket = bucketOpener(config, Deno.env.get);
  await using schedules = openSchedules({ folder: config.state, runs, files, limits, openBucket, log: say });
  const batches = createBatchService({
    runs,
    orchestrator,
    artifacts,
    files,
    limits,
    queue,
    date,
    limit: limits.batch,
  });
  await using _retention = openRetention({ keep: config.keep, runs, batches, artifacts, date, log: say });
  const api: ApiOptions = {
    runs,
    batches,
    schedules: schedules.service,
    uploads: { artifacts, limit: limits.upload, date },
    events: { stopping: io.signal },
  };
  const health = operation.health({ artifacts, runs: () => countRuns(orchestrator) });
  const app = createApp({ ...host.options, resources: [(app) => mountApi(app, api), health] });
  const guarded = gate(app, { failed, isOpen: isDescription, isStreamed: isUpload, ...operation.guard });
  await listen({
    answer: (request) => restate?.isMine(request) ? restate.answer(request) : guarded.fetch(request),
    listening: (address) => void restate?.register(address),
    async drain() {
      operation.end();
      say("about to end: the steps in hand are brought to their end");
      await runner.drain();
    },
  }, { io, config });
  say("stopped; runs go on when it is started again");
}

/** Runs that have not ended, at most a thousand of each status. */
async function countRuns(orchestrator: Orchestrator): Promise<Readonly<Record<string, number>>> {
  const count = async (status: "pending" | "running") => (await orchestrator.list({ status, limit: 1000 })).length;
  return { pending: await count("pending"), running: await count("running") };
}
