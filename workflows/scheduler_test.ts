/**
 * Nothing runs twice, and what runs is what the schedule says: random sequences of looks, kills in the middle of a look, restarts, a
 * second process, clocks that leap and clocks that are set back.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { NewSchedule } from "../functions/api/schedule_shape.ts";
import { GRACE_MILLISECONDS } from "./schedule_decision.ts";
import {
  addSchedule,
  createTestClocks,
  createTestRuns,
  startProcess,
  type TestClocks,
  type TestProcess,
  type TestRuns,
} from "./schedule_testing.ts";

const MINUTE = 60_000;
const TEN = 10 * MINUTE;
const START = Date.parse("2026-03-01T00:00:03Z");

/** What happens, and then everybody who lives looks. */
type Happening =
  | { readonly what: "pass" | "down" | "sleep" | "back"; readonly minutes: number }
  | { readonly what: "restart" | "end" | "nothing" }
  /** Dies within the next look and starts again. */
  | { readonly what: "kill"; readonly after: number };

interface World {
  readonly clocks: TestClocks;
  readonly runs: TestRuns;
  readonly alive: readonly TestProcess[];
  /** The latest that the wall clock showed to who looked. */
  readonly latest: number;
  /** Processes that look at the same time. */
  look(): Promise<void>;
  do(happening: Happening): Promise<void>;
  /** When runs were due, in the order in which they were submitted. */
  started(): number[];
}

const minutes = fc.integer({ min: 1, max: 95 });
const plain: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("pass" as const), minutes: fc.integer({ min: 1, max: 12 }) }) },
  fc.record({ what: fc.constantFrom("down" as const, "sleep" as const), minutes }),
  fc.record({ what: fc.constantFrom("restart" as const, "nothing" as const) }),
  { weight: 2, arbitrary: fc.record({ what: fc.constant("end" as const) }) },
);
const wild: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: plain },
  fc.record({ what: fc.constant("back" as const), minutes }),
  { weight: 2, arbitrary: fc.record({ what: fc.constant("kill" as const), after: fc.integer({ min: 1, max: 12 }) }) },
);

async function inWorld(
  schedule: Omit<NewSchedule, "id" | "run" | "enabled" | "trigger">,
  { processes = 1 }: { processes?: number },
  use: (world: World) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, "schedules.sqlite");
  const [clocks, runs] = [createTestClocks(START), createTestRuns()];
  const open = () => startProcess(path, { clock: clocks, runs, listFiles: () => Promise.resolve([]) });
  const alive: TestProcess[] = [];
  let latest = START;
  const restart = (index: number) => {
    alive[index]?.close();
    alive[index] = open();
  };
  const world: World = {
    clocks,
    runs,
    alive,
    get latest() {
      return latest;
    },
    async look() {
      latest = Math.max(latest, clocks.wall());
      await Promise.all(alive.map(({ scheduler }) => scheduler.look()));
      alive.forEach((process, i) => process.isDead() && restart(i));
    },
    async do(happening) {
      switch (happening.what) {
        case "pass":
          clocks.pass(happening.minutes * MINUTE);
          break;
        case "down":
          clocks.pass(happening.minutes * MINUTE);
          alive.forEach((_, i) => restart(i));
          break;
        case "sleep":
          clocks.set(happening.minutes * MINUTE);
          break;
        case "back":
          clocks.set(-happening.minutes * MINUTE);
          break;
        case "restart":
          alive.forEach((_, i) => restart(i));
          break;
        case "kill":
          clocks.pass(MINUTE);
          alive[happening.after % alive.length]!.killAfter(happening.after);
          break;
        case "end":
          for (const id of [...runs.atWork].slice(0, 1)) runs.atWork.delete(id);
      }
      await world.look();
    },
    started: () => [...runs.trees.values()].map((tree) => dueOf(tree as { at: string })),
  };
  try {
    for (let i = 0; i < processes; i++) restart(i);
    addSchedule(alive[0]!.store, {
      ...schedule,
      id: "s",
      trigger: { cron: "*/10 * * * *", timezone: "UTC" },
      now: START,
    });
    await world.look();
    await use(world);
    assert.equal(new Set(world.started()).size, runs.trees.size, "a time ran twice");
  } finally {
    for (const process of alive) process.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

function dueOf({ at }: { at: string }): number {
  const [, date, hours, minutes, seconds] = /^(\S+) (..)(..)(..)$/.exec(at)!;
  return Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
}

/** A clock that was set back to before the schedule was made may pass times there too. */
function isOurs(time: number): boolean {
  return time > START;
}

/** Times that are due in `after < time <= until`. */
function times(after: number, until: number): number[] {
  const first = Math.floor(after / TEN) + 1;
  return Array.from({ length: Math.max(0, Math.floor(until / TEN) - first + 1) }, (_, i) => (first + i) * TEN);
}

for (const processes of [1, 2]) {
  Deno.test(`all missed, overlaps allowed, ${processes} at a time: every time that came has run, once`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wild, { maxLength: 25 }),
        (happenings) =>
          inWorld({ missed: "all", overlap: "allow", limit: 10_000 }, { processes }, async (world) => {
            for (const happening of happenings) await world.do(happening);
            await world.look();
            assert.deepEqual(world.started().filter(isOurs).sort((a, b) => a - b), times(START, world.latest));
          }),
      ),
      { numRuns: 30 },
    );
  });

  Deno.test(`a queue, ${processes} at a time: every time has run, one after another in their order`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wild, { maxLength: 25 }),
        (happenings) =>
          inWorld({ missed: "all", overlap: "queue", limit: 10_000 }, { processes }, async (world) => {
            for (const happening of happenings) await world.do(happening);
            const all = times(START, world.latest);
            for (let i = 0; i < all.length + happenings.length + 2; i++) await world.do({ what: "end" });
            await world.look();
            assert.deepEqual(world.started().filter(isOurs), all);
            assert.ok(world.runs.most <= 1);
          }),
      ),
      { numRuns: 25 },
    );
  });

  Deno.test(`the latest cancels, ${processes} at a time: the latest time is the one at work`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wild, { maxLength: 25 }),
        (happenings) =>
          inWorld({ missed: "all", overlap: "cancel_previous", limit: 100 }, { processes }, async (world) => {
            for (const happening of happenings.filter(({ what }) => what !== "end" && what !== "back")) {
              await world.do(happening);
            }
            await world.look();
            const latest = times(START, world.latest).at(-1);
            const atWork = [...world.runs.atWork].map((id) => dueOf(world.runs.trees.get(id) as { at: string }));
            assert.deepEqual(atWork, latest === undefined ? [] : [latest]);
            assert.equal(world.runs.cancelled.length, world.runs.trees.size - atWork.length);
          }),
      ),
      { numRuns: 25 },
    );
  });

  Deno.test(`skipped overlaps, ${processes} at a time: never two at a time, whatever happens`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wild, { maxLength: 25 }),
        fc.constantFrom("skip" as const, "once" as const, "all" as const),
        (happenings, missed) =>
          inWorld({ missed, overlap: "skip", limit: 100 }, { processes }, async (world) => {
            for (const happening of happenings) await world.do(happening);
            assert.ok(world.runs.most <= 1);
          }),
      ),
      { numRuns: 25 },
    );
  });
}

for (const missed of ["skip", "once", "all"] as const) {
  Deno.test(`missed times are made up for as said: ${missed}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plain, { maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        (happenings, limit) =>
          inWorld({ missed, overlap: "allow", limit }, {}, async (world) => {
            const expected: number[] = [];
            let seen = START;
            for (const happening of happenings) {
              await world.do(happening);
              // Who was busy and not down has missed nothing.
              const patience = GRACE_MILLISECONDS + (happening.what === "pass" ? happening.minutes * MINUTE : 0);
              const now = world.clocks.wall();
              const isLate = (time: number) => now - time > patience;
              const due = times(seen, now);
              const [late, punctual] = [due.filter(isLate), due.filter((time) => !isLate(time))];
              if (missed === "all") expected.push(...late.slice(-limit));
              if (missed === "once" && punctual.length === 0) expected.push(...late.slice(-1));
              expected.push(...punctual);
              seen = now;
            }
            assert.deepEqual(world.started(), expected);
          }),
      ),
      { numRuns: 40 },
    );
  });
}

Deno.test("skipped overlaps: a time runs exactly if the run before has ended", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plain, { maxLength: 30 }),
      (happenings) =>
        inWorld({ missed: "all", overlap: "skip", limit: 100 }, {}, async (world) => {
          const expected: number[] = [];
          let [seen, isBusy] = [START, false];
          for (const happening of happenings) {
            await world.do(happening);
            if (happening.what === "end") isBusy = false;
            const [first] = times(seen, world.clocks.wall());
            seen = world.clocks.wall();
            if (first === undefined || isBusy) continue;
            expected.push(first);
            isBusy = true;
          }
          assert.deepEqual(world.started(), expected);
        }),
    ),
    { numRuns: 40 },
  );
});

Deno.test("a queue holds no more than its limit beside the run at work, and says so of the others", () =>
  inWorld({ missed: "all", overlap: "queue", limit: 2 }, {}, async (world) => {
    await world.do({ what: "pass", minutes: 50 });
    for (let i = 0; i < 5; i++) await world.do({ what: "end" });
    assert.deepEqual(world.started(), times(START, world.latest).slice(0, 3));
  }));

Deno.test("a clock that was a year ahead keeps nothing from running once it is right", () =>
  inWorld({ missed: "skip", overlap: "allow", limit: 100 }, {}, async (world) => {
    await world.do({ what: "sleep", minutes: 365 * 1440 });
    const wrong = world.started();
    await world.do({ what: "back", minutes: 365 * 1440 });
    const now = world.clocks.wall();
    for (let i = 0; i < 5; i++) await world.do({ what: "pass", minutes: 7 });
    assert.deepEqual(world.started().slice(wrong.length), times(now, world.clocks.wall()));
  }));

Deno.test("what a full disk delays is not missed", () =>
  inWorld({ missed: "skip", overlap: "allow", limit: 100 }, {}, async (world) => {
    world.alive[0]!.fillDisk(true);
    for (let i = 0; i < 25; i++) await world.do({ what: "pass", minutes: 1 });
    assert.deepEqual(world.started(), []);
    world.alive[0]!.fillDisk(false);
    await world.do({ what: "nothing" });
    assert.deepEqual(world.started(), times(START, world.latest));
  }));
