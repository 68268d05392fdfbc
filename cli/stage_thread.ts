/**
 * The thread that does stages: what they compute leaves no time to answer requests, so that the thread that answers them only passes
 * calls on. Runs as a worker of open_stage_thread.ts.
 */

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
import { TRACEPARENT } from "../functions/operation/trace.ts";
import { createStageMeter, USAGE_HEADER } from "../functions/operation/stage_meter.ts";
import { publishWarm } from "../functions/running_engine.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import { createWarmRuns, type WarmRuns } from "../functions/warm_runs.ts";
import { failureOf } from "../workflows/orchestrator.ts";
import { openDevices } from "./device.ts";
import { dataRootOf } from "./data_root.ts";
import type { FromThread, ToThread } from "./open_stage_thread.ts";
import { stackOf } from "./stack_of.ts";

/** What answers calls of stages, until it is disposed of. */
interface Stages extends Disposable {
  fetch(request: Request): Response | Promise<Response>;
  /** Publishes the states that this process alone has, if it can: else they are made again. */
  publishWarm(): Promise<void>;
}

const host = globalThis as unknown as {
  postMessage(message: FromThread): void;
  onmessage: (event: MessageEvent<ToThread>) => void;
};
const calls = new Map<number, AbortController>();
const listening = new Map<number, () => void>();
let last = 0;
let stages: Stages | null = null;
let isEnding = false;

host.onmessage = ({ data }) => {
  if ("open" in data) open(data.open);
  else if ("call" in data) answer(data);
  else if ("abort" in data) calls.get(data.abort)?.abort();
  else if ("heard" in data) heard(data.heard);
  else if ("ending" in data) isEnding = true;
  else close();
};

host.postMessage({ loaded: true });

async function open(config: ServerConfig): Promise<void> {
  try {
    stages = await openStages(config);
    host.postMessage({ opened: null });
  } catch (error) {
    host.postMessage({ opened: failureOf(error) });
  }
}

async function close(): Promise<void> {
  await stages?.publishWarm();
  stages?.[Symbol.dispose]();
  host.postMessage({ closed: true });
}

function heard(id: number): void {
  listening.get(id)?.();
  listening.delete(id);
}

/** Waits until the aborts that are on their way have come. */
function listen(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  listening.set(++last, resolve);
  host.postMessage({ listen: last });
  return promise;
}

/** A store in which nothing is published any more for a caller who is gone, however long this process did not know. */
function forCaller(artifacts: ArtifactStore, signal: AbortSignal): ArtifactStore {
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

async function answer({ call: id, url, body, parent }: Extract<ToThread, { readonly call: number }>): Promise<void> {
  const controller = new AbortController();
  calls.set(id, controller);
  const headers = { "content-type": "application/json", ...(parent === null ? {} : { [TRACEPARENT]: parent }) };
  try {
    const response = await stages!.fetch(
      new Request(url, { method: "POST", headers, body, signal: controller.signal }),
    );
    const { status } = response;
    host.postMessage({ answer: id, status, body: await response.text(), usage: response.headers.get(USAGE_HEADER) });
  } finally {
    calls.delete(id);
  }
}

function write(...line: Parameters<Log["write"]>): void {
  host.postMessage({ log: line });
}

/** Counts where the metrics are told. */
const meter: Pick<Meter, "add" | "observe"> = {
  add: (...counted) => host.postMessage({ add: counted }),
  observe: (...observed) => host.postMessage({ observe: observed }),
};

async function openStages(config: ServerConfig): Promise<Stages> {
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
      artifacts: forCaller(artifacts, signal),
      warm,
      devices,
      files,
      scratch: scratch.open,
      limits,
      clock: { now: () => performance.now(), date: () => new Date() },
      log: (message) => write("info", message, { ...call }),
      warn: (message) => write("warn", message, { ...call }),
      isEnding: () => isEnding,
      signal,
    }),
    failed: (error) => write("error", String(error), { stack: stackOf(error) }),
  });
  const opened = opening.move();
  return {
    fetch: (request) => app.fetch(request),
    publishWarm: () => publishAtEnd(warm),
    [Symbol.dispose]: () => opened.dispose(),
  };
}

async function publishAtEnd(warm: WarmRuns): Promise<void> {
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
