/** When a file that was found below a prefix is a new one, and whole. Pure. */

import type { FilesTrigger, WholeSchedule } from "../functions/api/schedule_shape.ts";
import type { FoundFile } from "../functions/folder_files.ts";
import { type ScheduleEvent, withoutMissed } from "./schedule_decision.ts";

/** A file that may become an event. */
export interface ObservedFile {
  readonly stamp: string;
  /** When it was first seen like this, by a clock that never goes back. */
  readonly since: number;
  /** Nothing more will come of it as it is. */
  readonly isDone: boolean;
}

/** What earlier looks saw, by path. It may be lost: files then settle anew. */
export type Observed = ReadonlyMap<string, ObservedFile>;

/** What a look came to. */
export interface LookResult {
  readonly observed: Observed;
  /** Files that are whole now, in the order of their times and names. */
  readonly events: readonly ScheduleEvent[];
  /** Files that came while nobody looked and that the schedule does not make up for. */
  readonly passed: readonly ScheduleEvent[];
}

/** Name of what has happened when a file was written. */
export function fileKey({ path, stamp }: Pick<FoundFile, "path" | "stamp">): string {
  return JSON.stringify([path, stamp]);
}

/** What `fileKey` was given. */
export function fileOfKey(key: string): Pick<FoundFile, "path" | "stamp"> {
  const [path, stamp] = JSON.parse(key);
  return { path, stamp };
}

/** One look. `isRecorded` knows the events that were decided already, also by others. */
export function lookAtFiles(
  found: readonly FoundFile[],
  { before, schedule, trigger, now, wall, hasBeenAway, isRecorded }: {
    readonly before: Observed;
    readonly schedule: Pick<WholeSchedule, "missed" | "limit">;
    readonly trigger: Pick<FilesTrigger, "settle">;
    /** By a clock that never goes back. */
    readonly now: number;
    readonly wall: number;
    /** Whether nobody looked for so long that what is new now was missed. */
    readonly hasBeenAway: boolean;
    readonly isRecorded: (key: string) => boolean;
  },
): LookResult {
  const files = [...found].sort((a, b) => a.modified - b.modified || (a.path < b.path ? -1 : 1));
  const eventOf = (file: FoundFile, isMissed: boolean): ScheduleEvent => {
    return { key: fileKey(file), due: wall, file: file.path, isMissed };
  };
  const fresh = files.filter((file) => before.get(file.path)?.stamp !== file.stamp && !isRecorded(fileKey(file)));
  const kept = new Set(withoutMissed(fresh.map((file) => eventOf(file, hasBeenAway)), schedule).map(({ key }) => key));
  const passed = fresh.filter((file) => !kept.has(fileKey(file))).map((file) => eventOf(file, true));
  const events: ScheduleEvent[] = [];
  const observed = new Map(files.map((file): [string, ObservedFile] => {
    const { path, stamp } = file;
    const seen = before.get(path);
    const known = seen?.stamp === stamp ? seen : {
      stamp,
      since: now,
      // Not to be asked again: what is recorded stays so.
      isDone: !kept.has(fileKey(file)),
    };
    if (known.isDone || now - known.since < trigger.settle * 1000 || !file.isWhole()) return [path, known];
    events.push(eventOf(file, false));
    return [path, { ...known, isDone: true }];
  }));
  return { observed, events, passed };
}
