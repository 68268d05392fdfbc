/** From a start that a schedule decided on to its run: submitted once, whoever tries and however often. */

import type { Json } from "../core/json.ts";
import { DataError } from "../core/errors.ts";
import type { WrittenTree } from "../core/parameter_file.ts";
import { type FilesTrigger, isCron } from "../functions/api/schedule_shape.ts";
import type { FoundFile } from "../functions/folder_files.ts";
import type { RunService } from "../functions/api/run_service.ts";
import { LOCAL } from "../functions/guard/roles.ts";
import { ApiError } from "../functions/http_errors.ts";
import { isFatal, RunError } from "./orchestrator.ts";
import { nextStep } from "./schedule_decision.ts";
import { fileOfKey } from "./schedule_files.ts";
import { treeFor } from "./schedule_request.ts";
import type { ScheduleStore, StoredSchedule, StoredStart } from "./schedule_store.ts";

/** What schedules need of runs. */
export interface ScheduledRuns {
  /** Submits a tree as a run; harmless if it was before. Throws what runs throw if it is not to be. */
  submit(id: string, request: { readonly tree: WrittenTree; readonly owner: string | null }): Promise<void>;
  /** Whether it is over, or not there any more. */
  hasEnded(id: string): Promise<boolean>;
  /** Harmless if it is over or not there. */
  cancel(id: string): Promise<void>;
}

/** Reconstructions by a service of runs. */
export function scheduledRuns(runs: RunService): ScheduledRuns {
  const statusOf = async (id: string) => {
    try {
      return (await runs.view(id)).status;
    } catch (error) {
      if (error instanceof ApiError && error.refusal === "NotFound") return null;
      throw error;
    }
  };
  const hasEnded = async (id: string) => !["pending", "running"].includes(await statusOf(id) ?? "missing");
  return {
    async submit(id, { tree: parameters, owner }) {
      await runs.submit({ kind: "reconstruct", parameters }, { id, owner: owner ?? LOCAL.name });
    },
    hasEnded,
    async cancel(id) {
      if (!await hasEnded(id)) await runs.cancel(id);
    },
  };
}

/** What starting runs needs. */
export interface StartServices {
  readonly store: ScheduleStore;
  readonly runs: ScheduledRuns;
  /** The tree in a file below the data root. @throws {DataError} */
  readonly loadTree: (file: string) => WrittenTree;
  /**
   * Makes a new file one that a run can read.
   * @returns its path below the data root, null if it is not there any more as it was found. Throws what may be different the next time
   */
  readonly bringFile: (trigger: FilesTrigger, file: NewFile, signal: AbortSignal) => Promise<string | null>;
}

/** A file that came, as it was found. */
export type NewFile = Pick<FoundFile, "path" | "stamp">;

/** Submits what may be submitted now. Throws what may be different the next time; what will not is noted with the start. */
export async function advanceStarts(
  schedule: StoredSchedule,
  services: StartServices,
  signal: AbortSignal,
): Promise<void> {
  const { store } = services;
  const { cancel, submit } = nextStep(store.open(schedule.id), schedule.overlap);
  for (const number of cancel) await giveUp(number, services);
  for (const number of submit) {
    signal.throwIfAborted();
    await submitStart(number, { schedule, services, signal });
  }
}

/** Notes which runs have ended, where that matters. */
export async function noteEnds({ id, overlap }: StoredSchedule, { store, runs }: StartServices): Promise<void> {
  if (overlap === "allow") return;
  for (const { number } of store.open(id).filter(({ state }) => state === "started")) {
    const run = store.start(number)?.run;
    if (run && await runs.hasEnded(run)) store.move(number, { from: "started", to: "ended" });
  }
}

/** A start that waits may have been submitted too, by who did not live to note it. */
async function giveUp(number: number, { store, runs }: StartServices): Promise<void> {
  const start = store.start(number);
  if (!start?.run) return;
  await runs.cancel(start.run);
  if (store.move(number, { from: "waiting", to: "skipped", reason: "another one came before it began" })) return;
  store.move(number, { from: "started", to: "ended" });
}

async function submitStart(
  number: number,
  { schedule, services, signal }: { schedule: StoredSchedule; services: StartServices; signal: AbortSignal },
): Promise<void> {
  const { store, runs } = services;
  const start = store.start(number);
  if (!start?.run) return;
  try {
    // Kept before it is submitted: whoever tries again submits the same, even if a file has changed meanwhile.
    const request = start.request ?? store.fixRequest(number, await requestOf(start, { schedule, services, signal }));
    if (request === null) return;
    await runs.submit(start.run, { tree: request as WrittenTree, owner: schedule.owner });
  } catch (error) {
    if (!isLasting(error)) throw error;
    store.move(number, { from: "waiting", to: "refused", reason: error.message });
    return;
  }
  if (store.move(number, { from: "waiting", to: "started" })) return;
  // Another process has given it up meanwhile.
  if (store.start(number)?.state === "skipped") await runs.cancel(start.run);
}

async function requestOf(
  { run, due, file, event }: StoredStart,
  { schedule, services, signal }: { schedule: StoredSchedule; services: StartServices; signal: AbortSignal },
): Promise<Json> {
  const { trigger, run: { parameters, parameters_file } } = schedule;
  const tree = parameters ?? services.loadTree(parameters_file!);
  const occasion = {
    schedule: schedule.id,
    run: run!,
    due,
    timezone: isCron(trigger) ? trigger.timezone : "UTC",
    file: file === null || isCron(trigger) ? file : await bring(trigger, { services, file: fileOfKey(event), signal }),
  };
  return treeFor(schedule.run, tree, occasion) as Json;
}

async function bring(
  trigger: FilesTrigger,
  { services, file, signal }: { services: StartServices; file: NewFile; signal: AbortSignal },
): Promise<string> {
  let path: string | null;
  try {
    path = await services.bringFile(trigger, file, signal);
  } catch (error) {
    throw new NotYet(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (path !== null) return path;
  const message = `Cannot start a run for "${file.path}": found it gone or replaced, expected it as it was found`;
  throw new DataError(message, { file: file.path });
}

/** What may be different the next time, whatever it is. */
class NotYet extends Error {}

/** True if trying again comes to the same. */
function isLasting(error: unknown): error is Error {
  if (error instanceof ApiError) return !error.retry;
  if (error instanceof RunError) return !["journal", "owned", "unreachable"].includes(error.reason);
  return isFatal(error);
}
