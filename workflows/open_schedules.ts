/** The schedules of a server: their store, what HTTP sees of them, and the scheduler that starts runs, put together. */

import { join } from "node:path";
import { DataError, ParameterError } from "../core/errors.ts";
import type { RunService } from "../functions/api/run_service.ts";
import type { ScheduleService } from "../functions/api/schedule_service.ts";
import type { FilesTrigger } from "../functions/api/schedule_shape.ts";
import type { FindFiles } from "../functions/data_root.ts";
import { bringBucketFile, bucketPlace, listBucketFiles, type OpenBucket } from "../functions/bucket_files.ts";
import { listFolderFiles } from "../functions/folder_files.ts";
import type { RunLimits } from "../functions/run_limits.ts";
import { planReconstruction } from "../functions/submission.ts";
import { loadTreeFile } from "../functions/tree_file.ts";
import { scheduledRuns } from "./schedule_runs.ts";
import { createScheduleService } from "./schedule_service.ts";
import { ScheduleStore } from "./schedule_store.ts";
import { createScheduler, type SchedulerServices } from "./scheduler.ts";
import { type OrchestratorClock, SYSTEM_CLOCK } from "./steady_clock.ts";

/** What schedules work with. */
export interface SchedulesOptions {
  /** Holds their file; made if it is not there. On a local disk. */
  readonly folder: string;
  readonly runs: RunService;
  readonly files: FindFiles;
  readonly limits: RunLimits;
  /** Opens buckets of the object store; null if there is none. */
  readonly openBucket: OpenBucket | null;
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
export function openSchedules(options: SchedulesOptions): Schedules {
  const { folder, runs, files, limits, log, clock = SYSTEM_CLOCK } = options;
  const store = openStore(folder);
  const services = {
    store,
    runs: scheduledRuns(runs),
    clock,
    log,
    loadTree: (file: string) => loadTreeFile(file, files),
    ...newFiles(options),
  };
  const scheduler = createScheduler(services);
  scheduler.start();
  return {
    service: createScheduleService({
      ...services,
      wall: clock.wall,
      checkTree: (tree, id) => void planReconstruction({ tree }, { id, files, limits }),
      checkTrigger: (trigger) => checkTrigger(trigger, options),
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

/** Where new files are found and how runs get at them: in folders below the data root, or in buckets. */
function newFiles(options: SchedulesOptions): Pick<SchedulerServices, "listFiles" | "bringFile"> {
  const { files } = options;
  return {
    listFiles(trigger, signal) {
      const place = bucketPlace(trigger.prefix);
      if (place === null) return listFolderFiles(trigger, { files, signal });
      return listBucketFiles({ ...place, pattern: trigger.pattern }, { openBucket: bucketsOf(options), signal });
    },
    bringFile({ into }, { path, stamp }, signal) {
      if (into === undefined) return Promise.resolve(path);
      return bringBucketFile({ address: path, stamp, into }, { openBucket: bucketsOf(options), files, signal });
    },
  };
}

function bucketsOf({ openBucket }: SchedulesOptions): OpenBucket {
  if (openBucket !== null) return openBucket;
  throw new DataError("Cannot look into a bucket: found no object store in the configuration (s3), expected one");
}

function checkTrigger({ prefix, into }: FilesTrigger, options: SchedulesOptions): void {
  const { files } = options;
  const wrong = (name: string, message: string, cause?: unknown) =>
    new ParameterError([{ path: `trigger.${name}`, message }], cause);
  const attempt = (name: string, work: () => unknown): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof DataError || error instanceof RangeError)) throw error;
      throw wrong(name, error.message, error);
    }
  };
  const place = bucketPlace(prefix);
  if (place === null) {
    if (into !== undefined) {
      throw wrong("into", "found a folder to copy to, expected none for a prefix that is no s3://");
    }
    return attempt("prefix", () => files("./").path(prefix));
  }
  if (into === undefined) throw wrong("into", "found nothing, expected the folder to which new objects are copied");
  attempt("into", () => files("./").path(into));
  attempt("prefix", () => bucketsOf(options)(place.bucket));
}
