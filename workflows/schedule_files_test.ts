/** Files that appear, grow, are replaced, vanish and come back: each writing starts one run, once it is whole, whoever is killed when. */

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { FoundFile } from "../functions/folder_files.ts";
import { type FilesTrigger, type ScheduleBody, wholeSchedule } from "../functions/api/schedule_shape.ts";
import { fileKey } from "./schedule_files.ts";
import { runId } from "./schedule_store.ts";
import { createTestClocks, createTestRuns, startProcess, type TestProcess } from "./schedule_testing.ts";

const SETTLE = 10;
const TRIGGER = {
  prefix: "in",
  pattern: "**",
  settle: SETTLE,
  poll: 1,
  existing: "skip",
} as const satisfies FilesTrigger;
const START = Date.parse("2026-03-01T00:00:00Z");

/** What happens, and then time passes and everybody looks. */
type Happening =
  | { readonly what: "write" | "writeInParts" | "remove" | "restore"; readonly name: string }
  | { readonly what: "restart" | "end" | "nothing" | "unreadable" }
  | { readonly what: "kill"; readonly after: number }
  | { readonly what: "down"; readonly seconds: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom("write" as const, "writeInParts" as const, "remove" as const, "restore" as const),
      name: fc.constantFrom("a", "b", "c"),
    }),
  },
  fc.record({
    what: fc.constantFrom("restart" as const, "end" as const, "nothing" as const, "unreadable" as const),
  }),
  fc.record({ what: fc.constant("kill" as const), after: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ what: fc.constant("down" as const), seconds: fc.integer({ min: 1, max: 50 }) }),
);

interface Disk {
  /** What is there. */
  readonly files: Map<string, FoundFile>;
  isReadable: boolean;
}

interface World {
  readonly disk: Disk;
  write(name: string, isWhole: boolean): FoundFile;
  do(happening: Happening, seconds: number): Promise<void>;
  /** Seconds pass, with a look after each. */
  pass(seconds: number): Promise<void>;
  /** Nobody looks. */
  sleep(seconds: number): void;
  /** Files that runs were started for, in order. */
  started(): string[];
  /** Ids of runs, each of one writing of one file. */
  ids(): string[];
  endRuns(): void;
}

async function inWorld(
  choices: Partial<Pick<ScheduleBody, "missed" | "overlap" | "limit">>,
  { processes, existing = [] }: { processes: number; existing?: readonly string[] },
  use: (world: World) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const [clocks, runs] = [createTestClocks(START), createTestRuns()];
  const disk: Disk = { files: new Map(), isReadable: true };
  const gone = new Map<string, FoundFile>();
  let version = 0;
  const listFiles = () =>
    disk.isReadable ? Promise.resolve([...disk.files.values()]) : Promise.reject(new Error("not mounted"));
  const alive: TestProcess[] = [];
  const restart = (i: number) => {
    alive[i]?.close();
    alive[i] = startProcess(join(folder, "schedules.sqlite"), { clock: clocks, runs, listFiles });
  };
  const world: World = {
    disk,
    write(name, isWhole) {
      const file = { path: name, stamp: String(++version), modified: clocks.wall(), isWhole: () => isWhole };
      disk.files.set(name, file);
      return file;
    },
    async do(happening, seconds) {
      disk.isReadable = happening.what !== "unreadable";
      if (happening.what === "write") world.write(happening.name, true);
      if (happening.what === "writeInParts") {
        for (const isWhole of [false, false, true]) {
          world.write(happening.name, isWhole);
          await world.pass(SETTLE + 1);
        }
      }
      if (happening.what === "remove") {
        const file = disk.files.get(happening.name);
        if (file !== undefined) gone.set(happening.name, file);
        disk.files.delete(happening.name);
      }
      const back = happening.what === "restore" ? gone.get(happening.name) : undefined;
      if (back !== undefined && !disk.files.has(back.path)) disk.files.set(back.path, back);
      if (happening.what === "restart") alive.forEach((_, i) => restart(i));
      if (happening.what === "down") {
        world.sleep(happening.seconds);
        alive.forEach((_, i) => restart(i));
      }
      if (happening.what === "kill") alive[happening.after % alive.length]!.killAfter(happening.after);
      if (happening.what === "end") world.endRuns();
      await world.pass(seconds);
    },
    async pass(seconds) {
      for (let i = 0; i < seconds; i++) {
        clocks.pass(1000);
        await Promise.all(alive.map(({ scheduler }) => scheduler.look()));
        alive.forEach((process, i) => process.isDead() && restart(i));
      }
    },
    sleep: (seconds) => clocks.pass(1000 * seconds),
    started: () => [...runs.trees.values()].map((tree) => (tree as { file: string }).file),
    ids: () => [...runs.trees.keys()],
    endRuns: () => runs.atWork.clear(),
  };
  try {
    for (let i = 0; i < processes; i++) restart(i);
    for (const name of existing) world.write(name, true);
    const body = wholeSchedule({
      trigger: TRIGGER,
      run: { parameters: {}, set: { file: "{file}" } },
      enabled: true,
      ...choices,
    });
    const events = [...disk.files.values()].map((file) => ({
      key: fileKey(file),
      due: START,
      file: file.path,
      isMissed: true,
    }));
    alive[0]!.store.write({ id: "s", body, owner: null, now: START, isAnew: true, existing: events });
    await world.pass(1);
    await use(world);
  } finally {
    for (const process of alive) process.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

for (const processes of [1, 2]) {
  for (const overlap of ["allow", "queue"] as const) {
    Deno.test(`new files, overlaps ${overlap}, ${processes} at a time: a writing that stays starts one run, one that does not at most one`, async () => {
      const steps = fc.array(fc.tuple(happening, fc.constantFrom(1, 3, SETTLE + 2)), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(
          steps,
          (steps) =>
            inWorld({ missed: "all", overlap }, { processes, existing: ["old", "a"] }, async (world) => {
              const seen = new Set<FoundFile>(world.disk.files.values());
              const old = new Set(seen);
              for (const [happening, seconds] of steps) {
                await world.do(happening, seconds);
                for (const file of world.disk.files.values()) seen.add(file);
              }
              world.disk.isReadable = true;
              for (let i = 0; i < 6; i++) {
                // With kills that are still to come, a process may need to begin again.
                await world.pass(SETTLE + 3);
                world.endRuns();
              }
              for (let i = 0; i < seen.size + 4; i++) {
                await world.pass(1);
                world.endRuns();
              }
              const idOf = (file: FoundFile) =>
                runId({ id: "s", revision: 1 }, { key: fileKey(file), file: file.path });
              const mayStart = [...seen].filter((file) => !old.has(file) && file.isWhole()).map(idOf);
              const mustStart = [...world.disk.files.values()].filter((file) => !old.has(file) && file.isWhole()).map(
                idOf,
              );
              const started = world.ids();
              assert.deepEqual(started.filter((id) => !mayStart.includes(id)), []);
              assert.deepEqual(mustStart.filter((id) => !started.includes(id)), []);
            }),
        ),
        { numRuns: 12 },
      );
    });
  }
}

const CHOICES = [
  { missed: "skip", limit: 10, started: [] },
  { missed: "once", limit: 10, started: ["late4"] },
  { missed: "all", limit: 10, started: ["late0", "late1", "late2", "late3", "late4"] },
  { missed: "all", limit: 2, started: ["late3", "late4"] },
] as const;

for (const { missed, limit, started } of CHOICES) {
  Deno.test(`files that came while nobody looked are made up for as said: ${missed}, at most ${limit}`, () =>
    inWorld({ missed, limit, overlap: "allow" }, { processes: 1 }, async (world) => {
      for (let i = 0; i < 5; i++) {
        world.sleep(60);
        world.write(`late${i}`, true);
      }
      await world.do({ what: "restart" }, SETTLE + 2);
      assert.deepEqual(world.started(), started);
      world.write("punctual", true);
      await world.pass(SETTLE + 2);
      assert.deepEqual(world.started(), [...started, "punctual"]);
      // What was passed over stays so; written again it counts.
      await world.do({ what: "restart" }, SETTLE + 2);
      world.write("late0", true);
      await world.pass(SETTLE + 2);
      assert.deepEqual(world.started(), [...started, "punctual", "late0"]);
    }));
}

Deno.test("a short absence, and a folder that could not be read, miss nothing", () =>
  inWorld({ missed: "skip", overlap: "allow" }, { processes: 1 }, async (world) => {
    await world.pass(20);
    world.sleep(40);
    world.write("a", true);
    await world.do({ what: "restart" }, SETTLE + 2);
    assert.deepEqual(world.started(), ["a"]);
    await world.do({ what: "unreadable" }, 300);
    world.write("b", true);
    await world.do({ what: "nothing" }, SETTLE + 2);
    assert.deepEqual(world.started(), ["a", "b"]);
  }));

Deno.test("a file that grows starts nothing until it rests, and one that is cut off nothing until it is whole", () =>
  inWorld({ overlap: "allow" }, { processes: 1 }, async (world) => {
    for (let i = 0; i < 30; i++) {
      world.write("a", true);
      await world.pass(SETTLE - 1);
    }
    assert.deepEqual(world.started(), []);
    await world.pass(2);
    assert.deepEqual(world.started(), ["a"]);
    world.write("b", false);
    await world.pass(100);
    assert.deepEqual(world.started(), ["a"]);
    world.write("b", true);
    await world.pass(SETTLE + 1);
    assert.deepEqual(world.started(), ["a", "b"]);
  }));

Deno.test("a file that was removed before it rested starts nothing", () =>
  inWorld({ overlap: "allow" }, { processes: 1 }, async (world) => {
    world.write("a", true);
    await world.pass(SETTLE - 1);
    await world.do({ what: "remove", name: "a" }, SETTLE * 3);
    assert.deepEqual(world.started(), []);
    await world.do({ what: "restore", name: "a" }, SETTLE - 1);
    assert.deepEqual(world.started(), []);
    await world.pass(3);
    assert.deepEqual(world.started(), ["a"]);
  }));

Deno.test("what came while nobody looked was missed, also if the folder could not be read right after", () =>
  inWorld({ missed: "skip", overlap: "allow" }, { processes: 1 }, async (world) => {
    world.sleep(600);
    world.write("late", true);
    world.disk.isReadable = false;
    await world.do({ what: "restart" }, 0);
    world.disk.isReadable = false;
    await world.pass(20);
    world.disk.isReadable = true;
    await world.pass(SETTLE + 2);
    assert.deepEqual(world.started(), []);
  }));
