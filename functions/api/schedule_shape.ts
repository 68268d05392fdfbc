/** What a schedule is, as it comes over HTTP and as it is shown: the one declaration. */

import { z } from "@hono/zod-openapi";

/** Name of a schedule; begins the ids of its runs. */
export const SCHEDULE_ID = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/,
  "expected 1 to 48 letters, digits, dots, dashes or underscores, the first a letter or digit",
);

const CRON = z.strictObject({
  cron: z.string().max(200).meta({
    description: "minute, hour, day of month, month, day of week, with seconds before them if there are six; or @daily",
  }),
  timezone: z.string().max(64).default("UTC").meta({ description: "IANA time zone such as Europe/Berlin" }),
});

const NEW_FILES = z.strictObject({
  prefix: z.string().min(1).max(1024).meta({
    description: "folder below the data root, or s3://bucket/folder in the object store of the server",
  }),
  pattern: z.string().min(1).max(200).default("**").meta({
    description: "which files below it: * and ? within a name, ** over folders",
  }),
  settle: z.number().min(0).max(86_400).default(10).meta({
    description: "a file is whole when its size and time have not changed for so many seconds",
  }),
  poll: z.number().min(0.1).max(3600).default(5).meta({ description: "seconds between looks" }),
  existing: z.enum(["skip", "start"]).default("skip").meta({
    description: "whether files that are there when the schedule is made start runs too",
  }),
  into: z.string().min(1).max(1024).optional().meta({
    description: "only for s3://: folder below the data root to which new objects are copied, where runs find them",
  }),
});

const RUN = z.strictObject({
  parameters: z.record(z.string(), z.unknown()).optional().meta({ description: "the parameter tree of the runs" }),
  parameters_file: z.string().min(1).max(1024).optional().meta({
    description: "instead of it: a JSON or YAML file below the data root, read at each start",
  }),
  set: z.record(z.string().max(500), z.unknown()).default({}).meta({
    description: "values that go over the tree, by their path such as scans.MF.data.dfile; in texts {file}, {name}, " +
      "{stem}, {folder}, {date}, {time}, {schedule} and {run} are filled in",
  }),
}).refine(
  ({ parameters, parameters_file }) => (parameters === undefined) !== (parameters_file === undefined),
  "expected one of parameters and parameters_file",
);

/** What of a schedule may be changed. */
export const SCHEDULE_BODY = z.strictObject({
  trigger: z.union([CRON, NEW_FILES], {
    error: "expected either cron, with a timezone, or prefix, with pattern, settle, poll, existing or into",
  }),
  run: RUN,
  missed: z.enum(["skip", "once", "all"]).optional().meta({
    description: "what happens with events while the server was down: none starts a run, the latest, or all; " +
      "once for times and all for files unless told",
  }),
  overlap: z.enum(["allow", "skip", "queue", "cancel_previous"]).optional().meta({
    description:
      "what happens with an event while a run of this schedule has not ended; skip for times and queue for " +
      "files unless told",
  }),
  limit: z.int().min(1).max(10_000).optional().meta({
    description: "at most so many missed events start runs, the latest ones, and so many may wait in a queue; " +
      "100 for times and 10000 for files unless told",
  }),
  enabled: z.boolean().default(true),
}).openapi("ScheduleBody");

/** A schedule as it is made. */
export const NEW_SCHEDULE = z.strictObject({ ...SCHEDULE_BODY.shape, id: SCHEDULE_ID }).openapi("NewSchedule");

/** A schedule as it is shown. */
export const SCHEDULE_VIEW = z.strictObject({
  // Not by extend(): a named schema would be described as one that allows nothing else.
  ...SCHEDULE_BODY.shape,
  id: z.string(),
  missed: z.enum(["skip", "once", "all"]),
  overlap: z.enum(["allow", "skip", "queue", "cancel_previous"]),
  limit: z.int(),
  owner: z.string().nullable(),
  revision: z.int().meta({ description: "another one after each change; part of the ids of runs" }),
  created: z.iso.datetime(),
  changed: z.iso.datetime(),
  next: z.iso.datetime().nullable().meta({ description: "next time; null for files, and while disabled" }),
  problem: z.string().nullable().meta({ description: "why it could not look last time" }),
}).openapi("Schedule");

/** A start, or why there was none. */
export const SCHEDULE_START = z.object({
  due: z.iso.datetime(),
  file: z.string().nullable(),
  state: z.enum(["waiting", "started", "ended", "skipped", "refused"]),
  reason: z.string().nullable().meta({ description: "why it was skipped or refused" }),
  run: z.string().nullable().meta({ description: "id of the run; null if none was or will be started" }),
}).openapi("ScheduleStart");

/** What of a schedule may be changed, with its defaults. */
export type ScheduleBody = z.output<typeof SCHEDULE_BODY>;

/** A schedule as it is made, with its defaults. */
export type NewSchedule = z.output<typeof NEW_SCHEDULE>;

/** When something is due. */
export type CronTrigger = z.output<typeof CRON>;

/** Which files start runs. */
export type FilesTrigger = z.output<typeof NEW_FILES>;

/** What a schedule starts. */
export type ScheduleRun = z.output<typeof RUN>;

/** A schedule as it is shown. */
export type ScheduleView = z.output<typeof SCHEDULE_VIEW>;

/** A start, or why there was none. */
export type ScheduleStart = z.output<typeof SCHEDULE_START>;

/** A trigger by times rather than files. */
export function isCron(trigger: ScheduleBody["trigger"]): trigger is CronTrigger {
  return "cron" in trigger;
}

/** A schedule whose every choice is made: what the trigger's kind decides where nothing was said. */
export type WholeSchedule =
  & ScheduleBody
  & { readonly [K in "missed" | "overlap" | "limit"]: NonNullable<ScheduleBody[K]> };

/** Fills in what depends on the kind of trigger: a file must not be lost, a time comes again. */
export function wholeSchedule(body: ScheduleBody): WholeSchedule {
  const preset = isCron(body.trigger)
    ? { missed: "once", overlap: "skip", limit: 100 } as const
    : { missed: "all", overlap: "queue", limit: 10_000 } as const;
  const { missed = preset.missed, overlap = preset.overlap, limit = preset.limit } = body;
  return { ...body, missed, overlap, limit };
}
