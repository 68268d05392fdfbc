/** What a server measures: its names and meanings, which docs/operations.md lists. */

import { createMeter, type Meter } from "./meter.ts";

const MEANINGS = {
  exitwave_requests_total: { type: "counter", help: "Requests by method, route and status" },
  exitwave_request_seconds: { type: "histogram", help: "Time until the answer to a request began" },
  exitwave_stages_total: { type: "counter", help: "Stages done here, by stage and outcome" },
  exitwave_stage_seconds: { type: "histogram", help: "Time that a stage took" },
  exitwave_cpu_seconds_total: { type: "counter", help: "Processor time of stages, all threads" },
  exitwave_gpu_seconds_total: { type: "counter", help: "Time of blocks of iterations on a GPU" },
  exitwave_artifacts_total: { type: "counter", help: "Artifacts published here, by kind; kind state is checkpoints" },
  exitwave_artifact_bytes_total: { type: "counter", help: "Bytes of artifacts published here, by kind" },
  exitwave_warm_total: { type: "counter", help: "Engines and models found ready in this process (hit) or not (miss)" },
  exitwave_runs: { type: "gauge", help: "Runs on their way, by status; pending is the queue" },
  exitwave_draining: { type: "gauge", help: "1 while the process is about to end" },
  process_cpu_seconds_total: { type: "gauge", help: "Processor time of the process, all threads" },
  process_resident_memory_bytes: { type: "gauge", help: "Memory of the process" },
} as const;

/** The meter of a server. */
export function createServerMeter(): Meter {
  return createMeter(MEANINGS);
}
