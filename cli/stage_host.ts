/** What serve and worker have in common: a thread that does stages, and what is needed beside it, as the configuration says. */

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
import { openStageThread } from "./open_stage_thread.ts";

/** A process that can do stages, until it is disposed of. */
export interface StageHost extends AsyncDisposable {
  /** What its application is made of. */
  readonly options: AppOptions;
  readonly artifacts: OpenArtifacts;
  readonly files: FindFiles;
  /** Calls stages: at the workers of the configuration, or in this process if it names none. */
  readonly invoke: Invoke;
}

/** Opens the store, the data root and the thread with its devices. @throws ParameterError, DataError or DeviceError for what is not there */
export async function openStageHost(config: ServerConfig, operation: Operation): Promise<StageHost> {
  const { log, say } = operation;
  await using opening = new AsyncDisposableStack();
  const artifacts = opening.use(openArtifacts(config, Deno.env.get));
  const files = dataRootOf(config);
  const thread = opening.use(await openStageThread(config, operation));
  const here = invokeBy(thread.fetch);
  const opened = opening.move();
  return {
    options: { invoke: here, failed: (error) => log.write("error", String(error), { stack: stackOf(error) }) },
    artifacts,
    files,
    invoke: config.workers.length === 0 ? here : invokeAt(config, say),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
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
