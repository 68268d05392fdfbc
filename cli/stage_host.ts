/** What serve and worker have in common: what does stages, and what is needed beside it, as the configuration says. */

import type { AppOptions } from "../functions/app.ts";
import { DEFAULT_STEP_TIME } from "../functions/cluster_settings.ts";
import type { FindFiles } from "../functions/data_root.ts";
import { type Invoke, invokeBy } from "../functions/invoke.ts";
import { type OpenArtifacts, openArtifacts } from "../functions/open_artifacts.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import { spreadInvoke } from "../workflows/spread_invoke.ts";
import { dataRootOf } from "./data_root.ts";
import type { Operation } from "./operation.ts";
import { stackOf } from "./stack_of.ts";
import { findGraphicsCard } from "./device.ts";
import { watchFrost } from "./frost.ts";
import { openStageThread, type StagePart } from "./open_stage_thread.ts";
import { openStages } from "./open_stages.ts";
import type { Log } from "../functions/operation/log.ts";

/** A process that can do stages, until it is disposed of. */
export interface StageHost extends AsyncDisposable {
  /** What its application is made of. */
  readonly options: AppOptions;
  readonly artifacts: OpenArtifacts;
  readonly files: FindFiles;
  /** Calls stages: at the workers of the configuration, or in this process if it names none. */
  readonly invoke: Invoke;
}

/** Opens the store, the data root and the devices. @throws ParameterError, DataError or DeviceError for what is not there */
export async function openStageHost(config: ServerConfig, operation: Operation): Promise<StageHost> {
  const { log, say } = operation;
  await using opening = new AsyncDisposableStack();
  const artifacts = opening.use(openArtifacts(config, Deno.env.get));
  const files = dataRootOf(config);
  const stages = opening.use(await openStagePart(config, operation));
  const here = invokeBy(stages.fetch);
  const opened = opening.move();
  return {
    options: { invoke: here, failed: (error) => log.write("error", String(error), { stack: stackOf(error) }) },
    artifacts,
    files,
    invoke: config.workers.length === 0 ? here : invokeAt(config, say),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/**
 * Stages have a thread of their own, because computing leaves no time to answer requests. Not so on a graphics card: it is waited for without
 * being busy, and a thread that holds one may crash the process as it is ended.
 */
async function openStagePart(config: ServerConfig, operation: Operation): Promise<StagePart> {
  const { device } = config;
  const name = device.name === "auto" && device.threads === null ? await autoDevice(operation.log) : device.name;
  const chosen = { ...config, device: { ...device, name } };
  return await (name === "webgpu" ? openStagesHere : openStageThread)(chosen, operation);
}

async function autoDevice({ write }: Log): Promise<"webgpu" | "wasm"> {
  const { isThere, problem } = await findGraphicsCard();
  if (problem !== null) write("warn", `${problem}; runs compute on wasm`);
  return isThere ? "webgpu" : "wasm";
}

async function openStagesHere(config: ServerConfig, { log, meter, ending }: Operation): Promise<StagePart> {
  const frost = watchFrost();
  try {
    const stages = await openStages(config, {
      write: log.write,
      meter,
      isEnding: () => ending.aborted,
      listen: () => frost.thawed(),
    });
    return {
      fetch: (request) => stages.fetch(request),
      async [Symbol.asyncDispose]() {
        await stages.publishWarm();
        stages[Symbol.dispose]();
        frost[Symbol.dispose]();
      },
    };
  } catch (error) {
    frost[Symbol.dispose]();
    throw error;
  }
}

/** Milliseconds after which an attempt of a step has failed; Infinity where this process does everything itself. */
export function stepTimeOf({ step_time, workers, restate }: ServerConfig): number {
  if (step_time !== null) return 1000 * step_time;
  return workers.length === 0 && restate === null ? Infinity : 1000 * DEFAULT_STEP_TIME;
}

function invokeAt({ workers, fallback_workers: fallback }: ServerConfig, log: (text: string) => void): Invoke {
  const token = Deno.env.get("EXITWAVE_WORKER_TOKEN");
  return spreadInvoke({ workers, fallback, log, ...(token === undefined ? {} : { token }) });
}
