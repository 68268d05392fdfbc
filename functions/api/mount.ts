/** What a server serves beside stages, in the order of its description. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import type { BatchService } from "./batch_service.ts";
import { mountBatches } from "./batches.ts";
import { type EventOptions, mountEvents } from "./events.ts";
import { mountRunFiles } from "./run_files.ts";
import type { RunService } from "./run_service.ts";
import { mountRuns } from "./runs.ts";
import type { ScheduleService } from "./schedule_service.ts";
import { mountSchedules } from "./schedules.ts";
import { mountViewer } from "./viewer.ts";
import { mountUploads, type UploadOptions } from "./uploads.ts";

/** What is behind it. */
export interface ApiOptions {
  readonly runs: RunService;
  readonly batches: BatchService;
  readonly schedules: ScheduleService;
  readonly uploads: UploadOptions;
  readonly events: EventOptions;
}

/** Adds everything to an application. */
export function mountApi(app: OpenAPIHono, { runs, batches, schedules, uploads, events }: ApiOptions): void {
  mountRuns(app, runs);
  mountRunFiles(app, runs);
  mountEvents(app, runs, events);
  mountBatches(app, batches);
  mountUploads(app, uploads);
  mountSchedules(app, schedules);
  mountViewer(app);
}
