/** When schedules are due: through gaps and repeats of local time, leap days, and against every minute looked at one by one. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ParameterError } from "../core/errors.ts";
import { cronTimes } from "./schedule_times.ts";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** Three days around the time of a change, or without one. */
const PLACES: readonly (readonly [string, string])[] = [
  ["Europe/Berlin", "2026-03-28T00:00Z"],
  ["Europe/Berlin", "2026-10-24T00:00Z"],
  ["America/New_York", "2026-03-07T00:00Z"],
  ["America/New_York", "2026-10-31T00:00Z"],
  // Half an hour.
  ["Australia/Lord_Howe", "2026-04-03T12:00Z"],
  ["Australia/Lord_Howe", "2026-10-02T12:00Z"],
  // At midnight.
  ["America/Santiago", "2026-09-05T00:00Z"],
  // A whole day that was left out.
  ["Pacific/Apia", "2011-12-29T00:00Z"],
  ["Asia/Kathmandu", "2028-02-28T00:00Z"],
  ["UTC", "2026-12-31T00:00Z"],
];

const CASES: readonly { cron: string; timezone: string; after: string; due: readonly string[]; why: string }[] = [
  {
    why: "a time that is left out in spring is due when the clocks have been set",
    cron: "30 2 * * *",
    timezone: "Europe/Berlin",
    after: "2026-03-28T12:00:00Z",
    due: ["2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"],
  },
  {
    why: "a time that comes twice in autumn is due once, the first time",
    cron: "30 2 * * *",
    timezone: "Europe/Berlin",
    after: "2026-10-24T12:00:00Z",
    due: ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"],
  },
  {
    why: "what repeats within an hour repeats in both hours in autumn",
    cron: "*/30 2 * * *",
    timezone: "Europe/Berlin",
    after: "2026-10-24T12:00:00Z",
    due: [
      "2026-10-25T00:00:00.000Z",
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:00:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ],
  },
  {
    why: "what repeats within an hour that is left out in spring is not due that day",
    cron: "*/30 2 * * *",
    timezone: "Europe/Berlin",
    after: "2026-03-28T12:00:00Z",
    due: ["2026-03-30T00:00:00.000Z"],
  },
  {
    why: "every hour is every hour in autumn",
    cron: "0 * * * *",
    timezone: "Europe/Berlin",
    after: "2026-10-24T23:30:00Z",
    due: ["2026-10-25T00:00:00.000Z", "2026-10-25T01:00:00.000Z", "2026-10-25T02:00:00.000Z"],
  },
  {
    why: "a leap day comes every four years",
    cron: "0 12 29 2 *",
    timezone: "UTC",
    after: "2026-01-01T00:00:00Z",
    due: ["2028-02-29T12:00:00.000Z", "2032-02-29T12:00:00.000Z"],
  },
  {
    why: "and not in 2100",
    cron: "0 12 29 2 *",
    timezone: "UTC",
    after: "2096-03-01T00:00:00Z",
    due: ["2104-02-29T12:00:00.000Z"],
  },
  {
    why: "six parts begin with seconds",
    cron: "15 0 0 1 1 *",
    timezone: "Asia/Tokyo",
    after: "2026-06-01T00:00:00Z",
    due: ["2026-12-31T15:00:15.000Z"],
  },
  {
    why: "a due time is not due after itself",
    cron: "@daily",
    timezone: "UTC",
    after: "2026-06-01T00:00:00Z",
    due: ["2026-06-02T00:00:00.000Z"],
  },
];

for (const { why, cron, timezone, after, due } of CASES) {
  Deno.test(`cronTimes(): ${why} ("${cron}" in ${timezone})`, () => {
    const times = cronTimes({ cron, timezone });
    const found = times.next(Date.parse(after), due.length).map((time) => new Date(time).toISOString());
    assert.deepEqual(found, due);
    const until = Date.parse(due.at(-1)!);
    const options = { until, limit: 100 };
    assert.deepEqual(times.between(Date.parse(after), options).map((time) => new Date(time).toISOString()), due);
    assert.deepEqual(times.between(Date.parse(after), { until: until - 1, limit: 100 }).length, due.length - 1);
  });
}

Deno.test("cronTimes() of any hours is due at every minute whose local time it names, and at no other", () => {
  const field = (least: number, most: number) =>
    fc.option(fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 }), { freq: 1 });
  const memoized = new Map<string, ReturnType<typeof localTimes>>();
  const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 4 });
  const fields = fc.record({ minute: minutes, weekday: field(0, 6), month: field(1, 12) });
  fc.assert(
    fc.property(fc.constantFrom(...PLACES), fields, ([timezone, from], { minute, weekday, month }) => {
      const text = (list: readonly number[] | null) => list?.join(",") ?? "*";
      const times = cronTimes({ cron: `${text(minute)} * * ${text(month)} ${text(weekday)}`, timezone });
      const [start, end] = [Date.parse(from), Date.parse(from) + 3 * DAY];
      const local = memoized.get(timezone + from) ?? localTimes(timezone, { start, end });
      memoized.set(timezone + from, local);
      const expected: number[] = [];
      for (let time = start + MINUTE; time <= end; time += MINUTE) {
        const at = local.get(time)!;
        const isNamed = [[minute, at.minute], [weekday, at.weekday], [month, at.month]] as const;
        if (isNamed.every(([list, value]) => list === null || list.includes(value))) expected.push(time);
      }
      assert.deepEqual(times.between(start, { until: end, limit: 10_000 }), expected);
    }),
    { numRuns: 30 },
  );
});

Deno.test("cronTimes(): between() gives the latest of what next() gives, wherever it starts", () => {
  const cron = fc.constantFrom(
    "30 2 * * *",
    "*/20 1-3 * * *",
    "0,30 0 * * *",
    "15 * * * *",
    "10 0 0 * * *",
    "59 23 * * 0,6",
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...PLACES),
      cron,
      fc.integer({ min: 0, max: DAY }),
      fc.integer({ min: 0, max: 2 * DAY }),
      fc.integer({ min: 1, max: 6 }),
      ([timezone, from], cron, offset, length, limit) => {
        const times = cronTimes({ cron, timezone });
        const after = Date.parse(from) + offset;
        const until = after + length;
        const all = times.next(after, 200).filter((time) => time <= until);
        assert.ok(all.every((time, i) => time > (all[i - 1] ?? after)));
        assert.deepEqual(times.between(after, { until, limit }), all.slice(-limit));
        // The same from a later start: what is due does not depend on when one looks.
        const middle = after + length / 2;
        assert.deepEqual(times.between(middle, { until, limit: 200 }), all.filter((time) => time > middle));
      },
    ),
    { numRuns: 200 },
  );
});

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["", "UTC", /^trigger\.cron: found "", which has not five or six parts; expected a cron expression/],
  ["* * * *", "UTC", /found "\* \* \* \*", which has not five or six parts/],
  ["2026-12-01T00:00:00", "UTC", /which has not five or six parts/],
  ["0 0 0 1 1 * 2030", "UTC", /which has not five or six parts/],
  ["60 * * * *", "UTC", /found "60 \* \* \* \*" \(Invalid value for minute: 60\), expected/],
  ["@never", "UTC", /found "@never"/],
  ["0 0 31 2 *", "UTC", /found "0 0 31 2 \*", which never comes; expected a time that does/],
  [
    "@daily",
    "Mars/Olympus",
    /^trigger\.timezone: found "Mars\/Olympus", expected a time zone such as "Europe\/Berlin"/,
  ],
];

for (const [cron, timezone, message] of REFUSED) {
  Deno.test(`cronTimes() refuses "${cron}" in ${timezone}`, () => {
    assert.throws(() => cronTimes({ cron, timezone }), (error) => {
      assert.ok(error instanceof ParameterError);
      assert.match(error.message, message);
      return true;
    });
  });
}

interface LocalTime {
  readonly minute: number;
  readonly weekday: number;
  readonly month: number;
}

/** The local time of every minute. */
function localTimes(timezone: string, { start, end }: { start: number; end: number }): Map<number, LocalTime> {
  const options = { timeZone: timezone, minute: "numeric", weekday: "short", month: "numeric" } as const;
  const format = new Intl.DateTimeFormat("en-US", options);
  const local = new Map<number, LocalTime>();
  for (let time = start + MINUTE; time <= end; time += MINUTE) {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts.get("weekday")!);
    local.set(time, { minute: Number(parts.get("minute")), weekday, month: Number(parts.get("month")) });
  }
  return local;
}
