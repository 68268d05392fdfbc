/** Schedules as HTTP has them, over their store. */

import { DataError, ParameterError } from "../core/errors.ts";
import type { WrittenTree } from "../core/parameter_file.ts";
import type { ScheduleService } from "../functions/api/schedule_service.ts";
import {
  type FilesTrigger,
  isCron,
  type ScheduleBody,
  type ScheduleView,
  type WholeSchedule,
  wholeSchedule,
} from "../functions/api/schedule_shape.ts";
import { ApiError } from "../functions/http_errors.ts";
import { sameJson, throughJson } from "./orchestrator.ts";
import { translated } from "./run_refusals.ts";
import type { ScheduleEvent } from "./schedule_decision.ts";
import { fileKey } from "./schedule_files.ts";
import { treeFor } from "./schedule_request.ts";
import { runId, type StoredSchedule } from "./schedule_store.ts";
import { cronTimes } from "./schedule_times.ts";
import type { SchedulerServices } from "./scheduler.ts";

/** What schedules are made with. */
export interface ScheduleServiceOptions extends Pick<SchedulerServices, "store" | "loadTree" | "listFiles"> {
  /** @throws {ParameterError} or {DataError} for a trigger by which nothing could be found */
  readonly checkTrigger: (trigger: FilesTrigger) => void;
  /** @throws {ParameterError}, {UnsupportedError} or {DataError} for a tree that could not run */
  readonly checkTree: (tree: WrittenTree, id: string) => void;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
}

/** Schedules over a store. */
export function createScheduleService(options: ScheduleServiceOptions): ScheduleService {
  const { store, wall } = options;
  const forever = new AbortController().signal;

  function find(id: string): StoredSchedule {
    const schedule = store.find(id);
    if (schedule !== null) return schedule;
    const message = `Cannot find schedule "${id}": found no such schedule; GET /v1/schedules lists those there are`;
    throw new ApiError("NotFound", message, { fields: { id } });
  }

  /** Files that are there now do not count, unless they are wanted. */
  async function existingFiles({ trigger, enabled }: ScheduleBody, areWanted: boolean): Promise<ScheduleEvent[]> {
    if (isCron(trigger) || !enabled || areWanted) return [];
    const due = wall();
    return (await options.listFiles(trigger, forever)).map((file) => {
      return { key: fileKey(file), due, file: file.path, isMissed: true };
    });
  }

  async function write(id: string, body: ScheduleBody, before: StoredSchedule | null, owner: string | null) {
    const whole = wholeSchedule(body);
    checkSchedule(id, whole, options);
    const isNew = before === null || !sameJson(throughJson(before.trigger), throughJson(body.trigger));
    const isAnew = isNew || (body.enabled && !before.enabled);
    // What was asked for when it was made does not hold for what came while it was disabled.
    const areWanted = !isCron(body.trigger) && body.trigger.existing === "start" && isNew;
    const existing = isAnew ? await existingFiles(body, areWanted) : [];
    store.write({ id, body: whole, owner, now: wall(), isAnew, existing });
    return viewOf(find(id), wall());
  }

  return {
    add: ({ id, ...body }, owner) =>
      translated(async () => {
        const there = store.find(id);
        if (there === null) return await write(id, body, null, owner);
        if (sameJson(throughJson(bodyOf(there)), throughJson(wholeSchedule(body)))) return viewOf(there, wall());
        const message =
          `Cannot make schedule "${id}": found another one of this id; replace it (exitwave schedule add --replace), or choose another id`;
        throw new ApiError("Conflict", message, { fields: { id } });
      }),
    list: () => translated(() => Promise.resolve(store.list().map((schedule) => viewOf(schedule, wall())))),
    view: (id) => translated(() => Promise.resolve().then(() => viewOf(find(id), wall()))),
    replace: (id, body) =>
      translated(() => {
        const before = find(id);
        return write(id, body, before, before.owner);
      }),
    enable: (id, enabled) =>
      translated(async () => {
        const before = find(id);
        if (before.enabled === enabled) return viewOf(before, wall());
        return await write(id, { ...bodyOf(before), enabled }, before, before.owner);
      }),
    remove: (id) =>
      translated(() => {
        find(id);
        store.remove(id);
        return Promise.resolve();
      }),
    next: (id, count) => translated(() => Promise.resolve().then(() => nextTimes(find(id), { now: wall(), count }))),
    starts: (id, limit) =>
      translated(() => {
        find(id);
        return Promise.resolve(
          store.starts(id, limit).map(({ due, file, state, reason, run }) => {
            return { due: new Date(due).toISOString(), file, state, reason, run };
          }),
        );
      }),
  };
}

/** Tries it out: a mistake shows when a schedule is made, not at night. */
function checkSchedule(id: string, { trigger, run }: WholeSchedule, options: ScheduleServiceOptions): void {
  if (isCron(trigger)) cronTimes(trigger);
  else options.checkTrigger(trigger);
  const event = { key: new Date(0).toISOString(), file: isCron(trigger) ? null : "folder/example.ptyd" };
  const example = runId({ id, revision: 0 }, event);
  const timezone = isCron(trigger) ? trigger.timezone : "UTC";
  const tree = run.parameters ?? readTree(run.parameters_file!, options);
  const filled = treeFor(run, tree, { schedule: id, run: example, due: options.wall(), timezone, file: event.file });
  options.checkTree(filled, example);
}

function readTree(file: string, { loadTree }: ScheduleServiceOptions): WrittenTree {
  try {
    return loadTree(file);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new ParameterError([{ path: "run.parameters_file", message: error.message }], error);
  }
}

function bodyOf({ trigger, run, missed, overlap, limit, enabled }: StoredSchedule): WholeSchedule {
  return { trigger, run, missed, overlap, limit, enabled };
}

function viewOf(schedule: StoredSchedule, now: number): ScheduleView {
  const { id, owner, revision, created, changed, problem } = schedule;
  return {
    id,
    ...bodyOf(schedule),
    owner,
    revision,
    created: new Date(created).toISOString(),
    changed: new Date(changed).toISOString(),
    next: nextTimes(schedule, { now, count: 1 })[0]?.toISOString() ?? null,
    problem,
  };
}

function nextTimes(
  { trigger, enabled }: StoredSchedule,
  { now, count }: { now: number; count: number },
): Date[] {
  if (!isCron(trigger) || !enabled) return [];
  return cronTimes(trigger).next(now, count).map((time) => new Date(time));
}
