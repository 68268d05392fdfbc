/** The schedules of a server: their store, what HTTP sees of them, and the scheduler that starts runs, put together. */

import { join } from "node:path";
import { DataError, ParameterError } from "../core/errors.ts";
import type { RunService } from "../functions/api/run_service.ts";
import type { ScheduleService } from "../functions/api/schedule_service.ts";
import type { FilesTrigger } from "../functions/api/schedule_shape.ts";
import type { FindFiles } from "../functions/data_root.ts";
import { listFolderFiles } from "../functions/folder_files.ts";
import { planReconstruction } from "../functions/submission.ts";
import { loadTreeFile } from "../functions/tree_file.ts";
import { scheduledRuns } from "./schedule_runs.ts";
import { createScheduleService } from "./schedule_service.ts";
import { ScheduleStore } from "./schedule_store.ts";
import { createScheduler } from "./scheduler.ts";
import { type OrchestratorClock, SYSTEM_CLOCK } from "./steady_clock.ts";

/** What schedules work with. */
export interface SchedulesOptions {
  /** Holds their file; made if it is not there. On a local disk. */
  readonly folder: string;
  readonly runs: RunService;
  readonly files: FindFiles;
  readonly log: (message: string) => void;
  readonly clock?: OrchestratorClock;
}

/** Schedules at work. Disposing of them ends looking. */
export interface Schedules extends AsyncDisposable {
  readonly service: ScheduleService;
  /** Looks at once, not only in the next second. */
  look(): Promise<void>;
}

/** Opens the schedules in a folder and looks at them from now on. @throws {RunError} `journal` if they cannot be opened */
export function openSchedules({ folder, runs, files, log, clock = SYSTEM_CLOCK }: SchedulesOptions): Schedules {
  const store = openStore(folder);
  const services = {
    store,
    runs: scheduledRuns(runs),
    clock,
    log,
    loadTree: (file: string) => loadTreeFile(file, files),
    listFiles: (trigger: FilesTrigger, signal: AbortSignal) => listFolderFiles(trigger, { files, signal }),
    bringFile: (_: unknown, file: string) => Promise.resolve(file),
  };
  const scheduler = createScheduler(services);
  scheduler.start();
  return {
    service: createScheduleService({
      ...services,
      wall: clock.wall,
      checkTree: (tree, id) => void planReconstruction({ tree }, { id, files }),
      checkTrigger: (trigger) => checkTrigger(trigger, files),
    }),
    look: scheduler.look,
    async [Symbol.asyncDispose]() {
      await scheduler.stop();
      store.close();
    },
  };
}

function openStore(folder: string): ScheduleStore {
  Deno.mkdirSync(folder, { recursive: true });
  return new ScheduleStore(join(folder, "schedules.sqlite"));
}

function checkTrigger({ prefix }: FilesTrigger, files: FindFiles): void {
  try {
    files("./").path(prefix);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new ParameterError([{ path: "trigger.prefix", message: error.message }], error);
  }
}
