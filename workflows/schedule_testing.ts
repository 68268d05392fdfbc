/** What tests of schedules share: clocks that move when they are told to, runs that end when they are told to, processes that die. */

import { RunError } from "./orchestrator.ts";
import { createScheduler, type Scheduler, type SchedulerServices } from "./scheduler.ts";
import type { ScheduledRuns } from "./schedule_runs.ts";
import { ScheduleStore } from "./schedule_store.ts";
import type { OrchestratorClock } from "./steady_clock.ts";
import { type NewSchedule, wholeSchedule } from "../functions/api/schedule_shape.ts";

/** Clocks of a machine. */
export interface TestClocks extends OrchestratorClock {
  /** Time passes on both. */
  pass(milliseconds: number): void;
  /** Somebody sets the wall clock, or the machine slept. */
  set(milliseconds: number): void;
}

/** Clocks that stand still. */
export function createTestClocks(wall: number): TestClocks {
  let monotonic = 1234;
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    pass(milliseconds) {
      wall += milliseconds;
      monotonic += milliseconds;
    },
    set: (milliseconds) => void (wall += milliseconds),
  };
}

/** Runs that were submitted, in their order. */
export interface TestRuns extends ScheduledRuns {
  readonly trees: Map<string, unknown>;
  readonly atWork: Set<string>;
  readonly cancelled: string[];
  /** The most that were at work at a time. */
  most: number;
}

/** No runs yet. */
export function createTestRuns(): TestRuns {
  const runs: TestRuns = {
    trees: new Map(),
    atWork: new Set(),
    cancelled: [],
    most: 0,
    submit(id, { tree }) {
      const before = runs.trees.get(id);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(tree)) {
        return Promise.reject(new RunError("conflict", `run "${id}" is another one`));
      }
      if (before === undefined) {
        runs.trees.set(id, tree);
        runs.atWork.add(id);
        runs.most = Math.max(runs.most, runs.atWork.size);
      }
      return Promise.resolve();
    },
    hasEnded: (id) => Promise.resolve(!runs.atWork.has(id)),
    cancel(id) {
      if (runs.atWork.delete(id)) runs.cancelled.push(id);
      return Promise.resolve();
    },
  };
  return runs;
}

/** Why a process that was killed does nothing any more. */
export class Killed extends Error {}

/** A process that looks at schedules. */
export interface TestProcess {
  readonly scheduler: Scheduler;
  readonly store: ScheduleStore;
  /** Kills it within what it does next: before or after so many more things that it does outside itself. */
  killAfter(count: number): void;
  /** Its disk is full, or not any more. */
  fillDisk(isFull: boolean): void;
  /** Whether it was killed. */
  isDead(): boolean;
  close(): void;
}

/** Starts a process on the schedules in a file. */
export function startProcess(
  path: string,
  services: Omit<SchedulerServices, "store" | "log" | "loadTree" | "bringFile"> & Partial<SchedulerServices>,
): TestProcess {
  const store = new ScheduleStore(path);
  let left = Infinity;
  let isFull = false;
  /** Every effect is a place to die at, before it and after it. */
  const mortal = <T extends object>(target: T, effects: readonly string[]): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (left <= 0) throw new Killed();
          if (!effects.includes(String(name))) return value.apply(object, args);
          if (isFull && object === store) throw new RunError("journal", "no space left");
          if (--left <= 0) throw new Killed();
          const result: unknown = value.apply(object, args);
          if (--left <= 0) throw new Killed();
          return result;
        };
      },
    });
  const scheduler = createScheduler({
    log: () => {},
    loadTree: () => ({}),
    bringFile: (_, { path }) => Promise.resolve(path),
    ...services,
    store: mortal(store, ["decide", "fixRequest", "move", "looked"]),
    runs: mortal(services.runs, ["submit", "cancel"]),
  });
  return {
    scheduler,
    store,
    fillDisk: (full) => void (isFull = full),
    killAfter: (count) => void (left = count),
    isDead: () => left <= 0,
    close: () => store.close(),
  };
}

/** Makes a schedule that starts a tree which tells what it was started for. */
export function addSchedule(
  store: ScheduleStore,
  { now, ...schedule }: Omit<NewSchedule, "run" | "enabled"> & { readonly now: number },
): void {
  const { id, ...body } = { ...schedule, enabled: true, run: { parameters: {}, set: { at: "{date} {time}" } } };
  store.write({ id, body: wholeSchedule(body), owner: null, now, isAnew: true, existing: [] });
}
