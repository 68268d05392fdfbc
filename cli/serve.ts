/** `exitwave serve`: runs over HTTP, done in this process and kept in a journal that survives it. */

import { Command } from "commander";
import { join } from "node:path";
import { DataError } from "../core/errors.ts";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { mountEvents } from "../functions/api/events.ts";
import { mountRunFiles } from "../functions/api/run_files.ts";
import { mountRuns } from "../functions/api/runs.ts";
import { mountSchedules } from "../functions/api/schedules.ts";
import { type AppOptions, createApp } from "../functions/app.ts";
import { below } from "../functions/data_root.ts";
import { createDevicePool } from "../functions/device_pool.ts";
import { checkListening, guarded, type Keys, needsToken, openKeys } from "../functions/guard/guard.ts";
import { invokeBy } from "../functions/invoke.ts";
import { createLocalArtifacts } from "../functions/local_artifacts.ts";
import { loadServerConfig, type ServerConfig } from "../functions/server_config.ts";
import { createWarmRuns } from "../functions/warm_runs.ts";
import { openEmbeddedOrchestrator } from "../workflows/embedded.ts";
import { openSchedules } from "../workflows/open_schedules.ts";
import { reconstructBy } from "../workflows/recipe.ts";
import { createRunService } from "../workflows/run_service.ts";
import type { CliIo } from "./command.ts";
import { openDevices } from "./device.ts";
import { collect } from "./open_run.ts";

interface ServeFlags {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Declares the command. */
export function serveCommand(io: CliIo): Command {
  return new Command("serve")
    .description(
      "Serve reconstructions over HTTP, on this machine alone unless the configuration says otherwise. Runs survive the end of the " +
        "server: started again, it goes on with them. Ctrl-C stops it.",
    )
    .option("--config <file>", "configuration, YAML or JSON (default: everything as docs/operations.md lists it)")
    .option("--set <path=value>", "override a setting, such as listen.port=9000; may be repeated", collect)
    .action(async (flags: ServeFlags) => {
      await serve(io, loadServerConfig(flags.config ?? null, flags.set ?? []));
    });
}

/** Serves until it is interrupted. */
async function serve(io: CliIo, config: ServerConfig): Promise<void> {
  const say = (text: string) => io.err(`${text}\n`);
  const { device: { name, threads, memory }, concurrency } = config;
  const keys = keysOf(config);
  checkListening(config.listen.host, keys);
  const artifacts = createLocalArtifacts(config.artifacts);
  const files = filesOf(config);
  using scratch = createScratchFiles();
  using warm = createWarmRuns({ mostKept: 1 + concurrency });
  const flags = {
    device: name,
    ...(threads === null ? {} : { threads }),
    ...(memory === null ? {} : { memory }),
  };
  using computer = await openDevices(flags, "single", scratch.open);
  if (computer.notice !== null) say(`note: ${computer.notice}`);
  const devices = createDevicePool(computer.devices);
  const options: AppOptions = {
    keepLog: true,
    contextOf: (signal) => ({
      artifacts,
      warm,
      devices,
      files,
      scratch: scratch.open,
      clock: { now: () => performance.now(), date: () => new Date() },
      log: say,
      warn: (message) => say(`note: ${message}`),
      signal,
    }),
    failed: (error) => say(`failed: ${error instanceof Error ? error.stack : error}`),
  };
  // Of its own: what this process asks of itself needs no leave.
  const stages = createApp(options);
  const invoke = invokeBy((request) => stages.fetch(request));
  const workflows = { reconstruct: reconstructBy(invoke) };
  await using orchestrator = openEmbeddedOrchestrator(workflows, {
    folder: join(config.state, "runs"),
    concurrency,
    log: say,
  });
  const runs = createRunService({ orchestrator, artifacts, files, invoke, date: () => new Date() });
  await using schedules = openSchedules({ folder: config.state, runs, files, log: say });
  const app = createApp({
    ...options,
    resources: [
      (app) => mountRuns(app, runs),
      (app) => mountRunFiles(app, runs),
      (app) => mountEvents(app, runs, { stopping: io.signal }),
      (app) => mountSchedules(app, schedules.service),
    ],
  });
  const { limits, access: { hosts } } = config;
  say(needsToken(keys) ? "every request needs a token" : NO_TOKENS);
  await listen(guarded(app, { keys, limits, hosts: [config.listen.host, ...hosts], failed: options.failed }), {
    io,
    config,
  });
}

/** Said where there are no tokens. */
const NO_TOKENS = "no tokens: every program of this machine may do everything, others cannot reach it; " +
  "make one with `exitwave token create NAME --role admin`";

/** What callers are known by. @throws {DataError} if it cannot be read */
function keysOf({ access }: ServerConfig): Keys {
  const secret = Deno.env.get("EXITWAVE_JWT_SECRET");
  return openKeys(access, { file: access.tokens, secret, now: () => new Date() });
}

/** Trees are kept away from what the server itself has below its data root. @throws {DataError} if there is no data root */
function filesOf({ data_root, state, artifacts, access }: ServerConfig): ReturnType<typeof below> {
  try {
    return below(data_root, [state, artifacts, access.tokens]);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : cause;
    throw new DataError(`Cannot use the data root "${data_root}": found ${found}, expected a folder`, {
      file: data_root,
    }, cause);
  }
}

/** Answers until the command is interrupted. */
async function listen(
  app: ReturnType<typeof guarded>,
  { io, config: { listen: { host, port } } }: { readonly io: CliIo; readonly config: ServerConfig },
): Promise<void> {
  const onListen = ({ hostname, port }: Deno.NetAddr) =>
    io.out(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}\n`);
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname: host, port, onListen }, (request) => app.fetch(request));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse || cause instanceof Deno.errors.AddrNotAvailable)) throw cause;
    const message = `Cannot listen on ${host}:${port}: found ${cause.message}, expected an address of this machine ` +
      "that is free; choose another listen.port";
    throw new DataError(message, { host, port }, cause);
  }
  io.catchInterrupts?.(["SIGINT", "SIGTERM"]);
  const stop = () => void server.shutdown();
  if (io.signal.aborted) stop();
  io.signal.addEventListener("abort", stop);
  await server.finished;
  io.err("stopped; runs go on when it is started again\n");
}
