/** Opens everything that stages use in a process, as its configuration says. */

import { isAbsolute, join, relative, sep as SEPARATOR } from "node:path";
import { writeError } from "../core/formats/atomic_file.ts";
import { boundHdf5 } from "../core/formats/hdf5_bounds.ts";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { createApp } from "../functions/app.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import { syncToDisk } from "../functions/confined_folder.ts";
import { isAllowed, realPlace } from "../functions/data_root.ts";
import { createDevicePool } from "../functions/device_pool.ts";
import { openArtifacts } from "../functions/open_artifacts.ts";
import type { Log } from "../functions/operation/log.ts";
import type { Meter } from "../functions/operation/meter.ts";
import { createStageMeter } from "../functions/operation/stage_meter.ts";
import { publishWarm } from "../functions/running_engine.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import { createWarmRuns, type WarmRuns } from "../functions/warm_runs.ts";
import { dataRootOf } from "./data_root.ts";
import { openDevices } from "./device.ts";
import { stackOf } from "./stack_of.ts";

/** What answers calls of stages, until it is disposed of. */
export interface Stages extends Disposable {
  fetch(request: Request): Response | Promise<Response>;
  /** Publishes the states that this process alone has, if it can: else they are made again. */
  publishWarm(): Promise<void>;
}

/** What stages are opened with beside their configuration. */
export interface StagesOptions {
  readonly write: Log["write"];
  readonly meter: Pick<Meter, "add" | "observe">;
  readonly isEnding: () => boolean;
  /** Waits until it is known whether callers are still there. */
  listen(): Promise<void>;
}

/** Opens them. @throws ParameterError, DataError or DeviceError for what is not there */
export async function openStages(
  config: ServerConfig,
  { write, meter, isEnding, listen }: StagesOptions,
): Promise<Stages> {
  using opening = new DisposableStack();
  const artifacts = opening.use(openArtifacts(config, Deno.env.get));
  const files = dataRootOf(config);
  const temporary = folderIn(config.state, "scratch");
  const { limits } = config;
  const isArtifact = artifactFiles(config);
  const mayOpen = (file: string) => isAllowed(files, file);
  // A tree may name an artifact, but no file may lead to one.
  const mayName = (file: string) => isArtifact(file) || mayOpen(file);
  opening.use(boundHdf5({ mayOpen, mayName, mostBytes: limits.read, temporary }));
  const scratch = opening.use(createScratchFiles(temporary));
  const warm = opening.use(createWarmRuns({ mostKept: 1 + config.concurrency }));
  const { device: { name, threads, memory } } = config;
  const flags = {
    device: name,
    ...(threads === null ? {} : { threads }),
    ...(memory === null ? {} : { memory }),
  };
  const computer = opening.use(await openDevices(flags, "single", scratch.open));
  if (computer.notice !== null) write("warn", computer.notice);
  const devices = createDevicePool(computer.devices);
  const app = createApp({
    keepLog: true,
    stageMeter: createStageMeter(meter, { now: () => performance.now() }),
    contextOf: (signal, call) => ({
      artifacts: forCaller(artifacts, { signal, listen }),
      warm,
      devices,
      files,
      scratch: scratch.open,
      limits,
      clock: { now: () => performance.now(), date: () => new Date() },
      log: (message) => write("info", message, { ...call }),
      warn: (message) => write("warn", message, { ...call }),
      isEnding,
      signal,
    }),
    failed: (error) => write("error", String(error), { stack: stackOf(error) }),
  });
  const opened = opening.move();
  return {
    fetch: (request) => app.fetch(request),
    publishWarm: () => publishAtEnd(warm, write),
    [Symbol.dispose]: () => opened.dispose(),
  };
}

async function publishAtEnd(warm: WarmRuns, write: Log["write"]): Promise<void> {
  try {
    await publishWarm(warm);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    write("warn", `${found}. What was done since the last checkpoint is done again`);
  }
}

/**
 * Whether a path is that of an artifact in use, such as an upload that a tree names, or a result on its way into the store: under names
 * that nobody can guess.
 */
function artifactFiles({ artifacts, s3 }: ServerConfig): (path: string) => boolean {
  const folders = s3 === null ? ["~held", "~new"].map((name) => join(artifacts, name)) : [s3.cache];
  return (path) =>
    folders.some((folder) => {
      const way = relative(realPlace(folder), path);
      return way !== "" && !isAbsolute(way) && way.split(SEPARATOR)[0] !== "..";
    });
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

/** A store in which nothing is published any more for a caller who is gone, however long this process did not know. */
function forCaller(
  artifacts: ArtifactStore,
  { signal, listen }: Pick<StagesOptions, "listen"> & { readonly signal: AbortSignal },
): ArtifactStore {
  return {
    publish: (key, write) =>
      artifacts.publish(key, async (path) => {
        await write(path);
        // What takes its time comes before the question, so that little can happen after it.
        syncToDisk(path);
        await listen();
        signal.throwIfAborted();
      }),
    fetch: (key, signal) => artifacts.fetch(key, signal),
    has: (key) => artifacts.has(key),
    list: (prefix) => artifacts.list(prefix),
    remove: (key) => artifacts.remove(key),
  };
}
