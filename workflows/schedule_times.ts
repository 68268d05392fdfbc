/** When a cron expression is due in its time zone. Times are milliseconds since 1970. */

import { Cron } from "croner";
import { ParameterError } from "../core/errors.ts";
import type { CronTrigger } from "../functions/api/schedule_shape.ts";

/**
 * Times of a trigger. Where clocks are set forward, a time in the gap is due at its end if the expression names hour and minute
 * alone, else not at all; where they are set back, a named time is due once and a repeating one in both hours.
 */
export interface CronTimes {
  /** The first `count` times after `after`; fewer if there are no more. */
  next(after: number, count: number): number[];
  /** The latest `limit` times in `after < time <= until`, earliest first. */
  between(after: number, { until, limit }: { until: number; limit: number }): number[];
}

/** @throws {ParameterError} for an expression or a time zone that is none, and for one that never comes */
export function cronTimes({ cron, timezone }: CronTrigger): CronTimes {
  checkZone(timezone);
  const times = parse(cron, timezone);
  const first = (after: number): number => times.nextRun(new Date(after))?.getTime() ?? Infinity;
  if (first(0) === Infinity) {
    throw wrong("trigger.cron", `found "${cron}", which never comes; expected a time that does`);
  }
  return {
    next: (after, count) => times.nextRuns(count, new Date(after)).map((date) => date.getTime()),
    between(after, { until, limit }) {
      const latest: number[] = [];
      if (!(first(after) <= until)) return latest;
      // Times are whole seconds: those before the next millisecond are those up to `until`.
      for (let end = Math.floor(until) + 1; latest.length < limit;) {
        const time = times.previousRuns(1, new Date(end))[0]?.getTime() ?? -Infinity;
        if (time <= after) break;
        latest.push(end = time);
      }
      return latest.reverse();
    },
  };
}

function parse(cron: string, timezone: string): Cron {
  const expected = 'expected a cron expression such as "30 2 * * *" or @daily';
  // The library also takes a date, and years: those would come to an end.
  if (!/^\s*(@\w+|\S+(\s+\S+){4,5})\s*$/.test(cron)) {
    throw wrong("trigger.cron", `found "${cron}", which has not five or six parts; ${expected}`);
  }
  try {
    return new Cron(cron, { timezone, paused: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const why = error.message.replace(/^CronPattern: /, "").replace(/\.$/, "");
    throw wrong("trigger.cron", `found "${cron}" (${why}), ${expected}`, error);
  }
}

function checkZone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch (error) {
    throw wrong("trigger.timezone", `found "${timezone}", expected a time zone such as "Europe/Berlin"`, error);
  }
}

function wrong(path: string, message: string, cause?: unknown): ParameterError {
  return new ParameterError([{ path, message }], cause);
}
