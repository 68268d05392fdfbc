/** What tests of what a server serves share: the application over an embedded orchestrator in a folder of its own, without a socket. */

import { join } from "node:path";
import { type ApiOptions, mountApi } from "../functions/api/mount.ts";
import { type AppOptions, createApp } from "../functions/app.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import { below } from "../functions/data_root.ts";
import { createDevicePool } from "../functions/device_pool.ts";
import { type Invoke, invokeBy } from "../functions/invoke.ts";
import { createLocalArtifacts } from "../functions/local_artifacts.ts";
import { NO_LIMITS, type RunLimits } from "../functions/run_limits.ts";
import { createWarmRuns } from "../functions/warm_runs.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";
import { openEmbeddedOrchestrator } from "./embedded.ts";
import { openSchedules } from "./open_schedules.ts";
import { createBatchService } from "./batch_service.ts";
import { createCallerQueue } from "./caller_queue.ts";
import { createRunService } from "./run_service.ts";
import { serverWorkflows } from "./server_workflows.ts";
import { wait } from "../functions/wait.ts";

/** Any JSON that a test looks into. */
// deno-lint-ignore no-explicit-any -- the shape is what is tested
type AnyJson = any;

/** A request of a test. */
export interface TestRequest {
  readonly body?: unknown;
  readonly yaml?: string;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** Idempotency key. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server without a socket, with its folder. */
export interface TestServer extends AsyncDisposable {
  /** The data root. */
  readonly root: string;
  /** What is served, for who puts something in front of it. */
  readonly app: ReturnType<typeof createApp>;
  /** What is behind its routes. */
  readonly services: Pick<ApiOptions, "runs" | "batches">;
  readonly artifacts: ArtifactStore;
  /** What went wrong on our side so far; disposing of the server throws the first. */
  readonly failures: readonly unknown[];
  request(method: string, path: string, request?: TestRequest): Promise<Response>;
  /** The same, with the body read as JSON; null for none. */
  call(
    method: string,
    path: string,
    request?: TestRequest,
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly json: AnyJson }>;
  /** A run once it is so. */
  until(id: string, isSo: (run: AnyJson) => boolean): Promise<AnyJson>;
  /** A run at its end. */
  ended(id: string): Promise<AnyJson>;
  /** Keys of artifacts. */
  keys(prefix: string): Promise<string[]>;
}

/** Most runs of a batch. */
export const BATCH_LIMIT = 10;

/** Largest upload. */
export const UPLOAD_LIMIT = 20_000_000;

/** How a server is opened. */
export interface TestServerOptions {
  /** Is told of every call of a stage by a run. */
  readonly called?: (call: { readonly stage: string; readonly input: unknown }) => void;
  /** None that are left out. */
  readonly limits?: Partial<RunLimits>;
  /** Most runs of a caller; any number if left out. */
  readonly queued?: number;
}

/** Opens a server in a new folder, which goes with it. */
export function openTestServer({ called = () => {}, queued, ...options }: TestServerOptions = {}): TestServer {
  const limits = { ...NO_LIMITS, ...options.limits };
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  const root = join(folder, "data");
  Deno.mkdirSync(root);
  const artifacts = createLocalArtifacts(join(folder, "artifacts"));
  const warm = createWarmRuns();
  const devices = createDevicePool([createWasmDevice({ threads: 1 })]);
  const errors: unknown[] = [];
  const appOptions: AppOptions = {
    keepLog: true,
    contextOf: (signal) => ({
      artifacts,
      warm,
      devices,
      files: below(root),
      limits,
      clock: { now: () => performance.now(), date: () => new Date() },
      log: () => {},
      warn: () => {},
      signal,
    }),
    failed: (error) => void errors.push(error),
  };
  const stages = createApp(appOptions);
  const invokeStage = invokeBy((request) => stages.fetch(request));
  const invoke: Invoke = (stage, input, signal) => {
    called({ stage, input });
    return invokeStage(stage, input, signal);
  };
  const workflows = serverWorkflows({ invoke, artifacts, runs: () => runs });
  const orchestrator = openEmbeddedOrchestrator(workflows, { folder: join(folder, "runs") });
  const stopping = new AbortController();
  const date = () => new Date();
  const queue = createCallerQueue({ orchestrator, most: queued ?? null });
  const runs = createRunService({ orchestrator, artifacts, files: below(root), limits, queue, invoke, date });
  const schedules = openSchedules({
    folder: join(folder, "schedules"),
    runs,
    files: below(root),
    limits,
    openBucket: null,
    log: () => {},
  });
  const api: ApiOptions = {
    runs,
    batches: createBatchService({
      runs,
      orchestrator,
      artifacts,
      files: below(root),
      limits,
      queue,
      date,
      limit: BATCH_LIMIT,
    }),
    schedules: schedules.service,
    uploads: { artifacts, limit: UPLOAD_LIMIT, date },
    events: { stopping: stopping.signal, pollMilliseconds: 5, heartbeatMilliseconds: 100 },
  };
  const app = createApp({ ...appOptions, resources: [(app) => mountApi(app, api)] });

  async function request(
    method: string,
    path: string,
    { body, yaml, bytes, key, headers }: TestRequest = {},
  ): Promise<Response> {
    return await app.request(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(yaml === undefined ? {} : { "content-type": "application/yaml" }),
        ...(key === undefined ? {} : { "idempotency-key": key }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(yaml === undefined ? {} : { body: yaml }),
      ...(bytes === undefined ? {} : { body: bytes }),
    });
  }

  const call: TestServer["call"] = async (method, path, options) => {
    const response = await request(method, path, options);
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === "" ? null : JSON.parse(text) };
  };

  async function until(id: string, isSo: (run: AnyJson) => boolean): Promise<AnyJson> {
    for (;;) {
      const { json } = await call("GET", `/v1/runs/${id}`);
      if (isSo(json)) return json;
      await wait(10, new AbortController().signal);
    }
  }

  return {
    root,
    app,
    services: api,
    artifacts,
    failures: errors,
    request,
    call,
    until,
    async ended(id) {
      // Cancelled, a run may be at work a little longer.
      await orchestrator.result(id);
      return await until(id, ({ status }) => status !== "pending" && status !== "running");
    },
    async keys(prefix) {
      return (await Array.fromAsync(artifacts.list(prefix))).map(({ key }) => key);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await schedules[Symbol.asyncDispose]();
      await orchestrator.stop();
      warm[Symbol.dispose]();
      Deno.removeSync(folder, { recursive: true });
      if (errors.length > 0) throw errors[0];
    },
  };
}
