/** `exitwave worker`: a process that does stages for servers and other orchestrators. */

import { Command } from "commander";
import { createApp } from "../functions/app.ts";
import { loadServerConfig, type ServerConfig } from "../functions/server_config.ts";
import { createCallerQueue } from "../workflows/caller_queue.ts";
import { createRestateOrchestrator } from "../workflows/restate_orchestrator.ts";
import type { Workflows } from "../workflows/orchestrator.ts";
import { createRunService } from "../workflows/run_service.ts";
import { serverWorkflows, WORKFLOW_NAMES } from "../workflows/server_workflows.ts";
import type { CliIo } from "./command.ts";
import { openGate } from "./gate.ts";
import { listen } from "./listen.ts";
import { openOperation } from "./operation.ts";
import { type ServeFlags, withConfigOptions } from "./serve.ts";
import { openStageHost, type StageHost } from "./stage_host.ts";

/** Declares the command. */
export function workerCommand(io: CliIo): Command {
  const command = new Command("worker")
    .description(
      "Do stages of reconstructions over HTTP for `exitwave serve`, whose configuration lists this address under workers. " +
        "Data and artifacts must be the same for both. Ctrl-C stops it after the stage in hand.",
    );
  return withConfigOptions(command).action(async (flags: ServeFlags) => {
    await work(io, loadServerConfig(flags.config ?? null, flags.set ?? []));
  });
}

/** Does stages until it is interrupted, and runs of a Restate server that knows it by an address of its own. */
async function work(io: CliIo, config: ServerConfig): Promise<void> {
  const operation = openOperation(config, io);
  const { say } = operation;
  const gate = openGate(config, { say, now: () => new Date() });
  await using host = await openStageHost(config, operation);
  const { options, artifacts } = host;
  const stages = createApp({ ...options, resources: [operation.health({ artifacts })] });
  const app = gate(stages, { failed: options.failed, ...operation.guard });
  const { restate } = config;
  const part = restate === null || restate.uri === null
    ? null
    // Loaded only where it is used: the SDK takes memory and reads variables of its own.
    : (await import("./restate_part.ts")).createRestatePart({ ...config, restate }, {
      workflows: workflowsOf(host, { restate, limits: config.limits }),
      signal: io.signal,
      say,
    });
  await listen({
    answer: (request) => part?.isMine(request) ? part.answer(request) : app.fetch(request),
    listening: (address) => void part?.register(address),
    drain: () => Promise.resolve(operation.end()),
  }, { io, config });
  say("stopped");
}

/** What a batch submits goes to the Restate server, as it would from `exitwave serve`. */
function workflowsOf(host: StageHost, { restate, limits }: {
  readonly restate: NonNullable<ServerConfig["restate"]>;
  readonly limits: ServerConfig["limits"];
}): Workflows {
  const orchestrator = createRestateOrchestrator({ ...restate, workflows: WORKFLOW_NAMES });
  // It submits only what a batch was admitted with.
  const queue = createCallerQueue({ orchestrator, most: null });
  const runs = createRunService({ ...host, orchestrator, limits, queue, date: () => new Date() });
  return serverWorkflows({ ...host, runs: () => runs });
}
