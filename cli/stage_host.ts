/** What serve and worker have in common: everything that stages use in a process, as its configuration says. */

import { join } from "node:path";
import { DataError } from "../core/errors.ts";
import { writeError } from "../core/formats/atomic_file.ts";
import { boundHdf5 } from "../core/formats/hdf5_bounds.ts";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { type AppOptions, createApp } from "../functions/app.ts";
import { DEFAULT_STEP_TIME } from "../functions/cluster_settings.ts";
import { below, type FindFiles, isAllowed } from "../functions/data_root.ts";
import { createDevicePool } from "../functions/device_pool.ts";
import { type Invoke, invokeBy } from "../functions/invoke.ts";
import { type OpenArtifacts, openArtifacts } from "../functions/open_artifacts.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import { createWarmRuns } from "../functions/warm_runs.ts";
import { spreadInvoke } from "../workflows/spread_invoke.ts";
import { openDevices } from "./device.ts";

/** A process that can do stages, until it is disposed of. */
export interface StageHost extends Disposable {
  /** What its application is made of. */
  readonly options: AppOptions;
  readonly artifacts: OpenArtifacts;
  readonly files: FindFiles;
  /** Calls stages: at the workers of the configuration, or in this process if it names none. */
  readonly invoke: Invoke;
}

/** Opens the devices, the store and the data root. @throws ParameterError, DataError or DeviceError for what is not there */
export async function openStageHost(config: ServerConfig, say: (text: string) => void): Promise<StageHost> {
  using opening = new DisposableStack();
  const artifacts = opening.use(openArtifacts(config, Deno.env.get));
  const files = filesOf(config);
  const temporary = folderIn(config.state, "scratch");
  const { limits: { read } } = config;
  opening.use(boundHdf5({ mayOpen: (file) => isAllowed(files, file), mostBytes: read, temporary }));
  const scratch = opening.use(createScratchFiles(temporary));
  const warm = opening.use(createWarmRuns({ mostKept: 1 + config.concurrency }));
  const { device: { name, threads, memory } } = config;
  const flags = {
    device: name,
    ...(threads === null ? {} : { threads }),
    ...(memory === null ? {} : { memory }),
  };
  const computer = opening.use(await openDevices(flags, "single", scratch.open));
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
  const opened = opening.move();
  return {
    options,
    artifacts,
    files,
    invoke: invokeOf(config, { options, say }),
    [Symbol.dispose]: () => opened.dispose(),
  };
}

/** Milliseconds after which an attempt of a step has failed; Infinity where this process does everything itself. */
export function stepTimeOf({ step_time, workers, restate }: ServerConfig): number {
  if (step_time !== null) return 1000 * step_time;
  return workers.length === 0 && restate === null ? Infinity : 1000 * DEFAULT_STEP_TIME;
}

function invokeOf(
  { workers, fallback_workers: fallback }: ServerConfig,
  { options, say }: { readonly options: AppOptions; readonly say: (text: string) => void },
): Invoke {
  if (workers.length === 0) {
    // Of its own: what this process asks of itself needs no leave.
    const stages = createApp(options);
    return invokeBy((request) => stages.fetch(request));
  }
  const token = Deno.env.get("EXITWAVE_WORKER_TOKEN");
  return spreadInvoke({ workers, fallback, log: say, ...(token === undefined ? {} : { token }) });
}

/** A folder of the server's own. @throws {DataError} if it cannot be made */
function folderIn(state: string, name: string): string {
  const folder = join(state, name);
  try {
    Deno.mkdirSync(folder, { recursive: true });
    return folder;
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** Trees are kept away from what the server itself has below its data root. @throws {DataError} if there is no data root */
function filesOf({ data_root, state, artifacts, s3, access }: ServerConfig): FindFiles {
  try {
    return below(data_root, [state, artifacts, access.tokens, ...(s3 === null ? [] : [s3.cache])]);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : cause;
    throw new DataError(`Cannot use the data root "${data_root}": found ${found}, expected a folder`, {
      file: data_root,
    }, cause);
  }
}
