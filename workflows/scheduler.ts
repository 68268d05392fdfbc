/** Looks at schedules again and again, decides on what happened since, and starts what is to be started. */

import { type FilesTrigger, isCron } from "../functions/api/schedule_shape.ts";
import type { FoundFile } from "../functions/folder_files.ts";
import { wait } from "../functions/wait.ts";
import { decide, GRACE_MILLISECONDS, type ScheduleEvent, withoutMissed } from "./schedule_decision.ts";
import { lookAtFiles, type Observed } from "./schedule_files.ts";
import { advanceStarts, noteEnds, type StartServices } from "./schedule_runs.ts";
import type { StoredSchedule } from "./schedule_store.ts";
import { type CronTimes, cronTimes } from "./schedule_times.ts";
import type { OrchestratorClock } from "./steady_clock.ts";

/** So often schedules are looked at: also how late a time is noticed. */
const LOOK_MILLISECONDS = 1000;

/** So often it is noted that somebody looks for files. */
const NOTE_MILLISECONDS = 15_000;

/** What a scheduler needs. */
export interface SchedulerServices extends StartServices {
  readonly listFiles: (trigger: FilesTrigger, signal: AbortSignal) => Promise<readonly FoundFile[]>;
  readonly clock: OrchestratorClock;
  readonly log: (message: string) => void;
}

/** A scheduler at work. */
export interface Scheduler extends AsyncDisposable {
  /** Looks at every schedule once, unless a look at it is under way. Never rejects. */
  look(): Promise<void>;
  /** Looks every second from now on. */
  start(): void;
  /** Ends looking; what was decided and not submitted is when a scheduler starts again. */
  stop(): Promise<void>;
}

/** What a process knows of a schedule from its looks. It may be lost. */
interface Memory {
  readonly revision: number;
  /** By the clock that never goes back, and by that of the machine; null before the first look. */
  looked: { readonly monotonic: number; readonly wall: number } | null;
  observed: Observed;
  /** Whether nobody looked for long before the next look for files that comes to its end. */
  hasBeenAway: boolean;
  noted: number;
  /** What is in the way, as it is noted. */
  problem: string | null;
  /** Why the files could not be listed last time. */
  listing: string | null;
  times: CronTimes | null;
}

/** Makes one; nothing happens before `start` or `look`. */
export function createScheduler(services: SchedulerServices): Scheduler {
  const stopping = new AbortController();
  const memories = new Map<string, Memory>();
  const busy = new Map<string, Promise<void>>();
  let loop: Promise<void> = Promise.resolve();

  function look(): Promise<void> {
    let schedules: StoredSchedule[] = [];
    try {
      schedules = services.store.list();
    } catch (error) {
      services.log(`cannot look at schedules: ${textOf(error)}`);
    }
    const known = new Set(schedules.map(({ id }) => id));
    for (const id of memories.keys()) if (!known.has(id)) memories.delete(id);
    for (const schedule of schedules.filter(({ enabled, id }) => enabled && !busy.has(id))) {
      const work = lookAt(schedule, memoryOf(memories, schedule), { ...services, signal: stopping.signal });
      busy.set(schedule.id, work.finally(() => busy.delete(schedule.id)));
    }
    return Promise.all(busy.values()).then(() => {});
  }

  async function repeat(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      look();
      await wait(LOOK_MILLISECONDS, signal).catch(() => {});
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await loop;
    await Promise.all(busy.values());
  }

  return { look, start: () => void (loop = repeat()), stop, [Symbol.asyncDispose]: stop };
}

interface LookServices extends SchedulerServices {
  readonly signal: AbortSignal;
}

function memoryOf(memories: Map<string, Memory>, { id, revision, problem }: StoredSchedule): Memory {
  let memory = memories.get(id);
  if (memory?.revision !== revision) {
    memory = {
      revision,
      looked: null,
      observed: new Map(),
      hasBeenAway: false,
      noted: -Infinity,
      problem,
      listing: null,
      times: null,
    };
    memories.set(id, memory);
  }
  return memory;
}

async function lookAt(schedule: StoredSchedule, memory: Memory, services: LookServices): Promise<void> {
  const { signal } = services;
  const problems: string[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) problems.push(textOf(error));
    }
  };
  await attempt(async () => {
    // Whether a run has ended decides on what overlaps with it.
    await noteEnds(schedule, services);
    if (isCron(schedule.trigger)) decideTimes(schedule, memory, services);
    else await decideFiles(schedule, memory, services);
  });
  await attempt(() => advanceStarts(schedule, services, signal));
  if (!signal.aborted) noteProblems(schedule, { memory, problems, services });
}

function noteProblems(
  { id }: StoredSchedule,
  { memory, problems, services: { store, log } }: {
    readonly memory: Memory;
    readonly problems: readonly string[];
    readonly services: LookServices;
  },
): void {
  const problem = problems.length > 0 ? problems.join("; ") : memory.listing;
  if (problem === memory.problem) return;
  try {
    store.noteProblem(id, problem);
    memory.problem = problem;
    if (problem !== null) log(`schedule "${id}" waits: ${problem}`);
  } catch (error) {
    log(textOf(error));
  }
}

/** How long this process did not come to look, by the clock that never goes back; none before its first look. */
function delayOf({ looked }: Memory, monotonic: number): number {
  return looked === null ? 0 : monotonic - looked.monotonic;
}

function decideTimes(schedule: StoredSchedule, memory: Memory, { store, clock }: LookServices): void {
  if (!isCron(schedule.trigger)) return;
  const times = memory.times ??= cronTimes(schedule.trigger);
  const [now, monotonic] = [clock.wall(), clock.monotonic()];
  const delay = delayOf(memory, monotonic);
  const isSetBack = schedule.since > now;
  if (isSetBack || times.between(schedule.since, { until: now, limit: 1 }).length > 0) {
    store.decide(schedule, (current, open) => {
      // A clock that was set back passes times again; those that were decided on are recorded.
      const fresh = timeEvents(current, { times, now, delay }).filter(({ key }) => !store.isRecorded(current.id, key));
      return { decisions: decide(withoutMissed(fresh, current), { ...current, open }), since: now };
    });
  }
  // Not before it is written: what a full disk delays is not missed.
  memory.looked = { monotonic, wall: now };
}

/** The times that came since somebody decided, as far as they can matter. */
function timeEvents(
  { since, floor, limit }: StoredSchedule,
  { times, now, delay }: { readonly times: CronTimes; readonly now: number; readonly delay: number },
): ScheduleEvent[] {
  const after = Math.max(floor, Math.min(since, now - delay));
  const punctual = Math.max(after, now - delay - GRACE_MILLISECONDS);
  const eventOf = (due: number, isMissed: boolean): ScheduleEvent => {
    return { key: new Date(due).toISOString(), due, file: null, isMissed };
  };
  return [
    ...times.between(after, { until: punctual, limit }).map((due) => eventOf(due, true)),
    ...times.between(punctual, { until: now, limit: MOST_PUNCTUAL }).map((due) => eventOf(due, false)),
  ];
}

/** A process that did not come to look for so many seconds has other worries. */
const MOST_PUNCTUAL = 10_000;

async function decideFiles(schedule: StoredSchedule, memory: Memory, services: LookServices): Promise<void> {
  const { store, clock } = services;
  const { trigger, id } = schedule;
  if (isCron(trigger)) return;
  const [wall, now] = [clock.wall(), clock.monotonic()];
  const poll = trigger.poll * 1000;
  const delay = delayOf(memory, now);
  if (memory.looked !== null && delay < poll) return;
  const away = wall - (memory.looked?.wall ?? schedule.looked) - delay;
  memory.hasBeenAway ||= away > GRACE_MILLISECONDS + poll;
  memory.looked = { monotonic: now, wall };
  const found = await listFiles(trigger, memory, services);
  if (found === null) return;
  const { observed, events, passed } = lookAtFiles(found, {
    before: memory.observed,
    schedule,
    trigger,
    now,
    wall,
    hasBeenAway: memory.hasBeenAway,
    isRecorded: (key) => store.isRecorded(id, key),
  });
  if (events.length + passed.length > 0) {
    store.decide(schedule, (current, open) => {
      const fresh = events.filter(({ key }) => !store.isRecorded(id, key));
      const skipped = "it came while no server looked";
      const decisions = [...passed.map((event) => ({ event, skipped })), ...decide(fresh, { ...current, open })];
      return { decisions, since: current.since };
    });
  }
  memory.observed = observed;
  memory.hasBeenAway = false;
  if (now - memory.noted < NOTE_MILLISECONDS) return;
  store.looked(id, wall);
  memory.noted = now;
}

/** Null if they cannot be listed, which stays noted until they can. */
async function listFiles(
  trigger: FilesTrigger,
  memory: Memory,
  { listFiles, signal }: LookServices,
): Promise<readonly FoundFile[] | null> {
  try {
    const found = await listFiles(trigger, signal);
    memory.listing = null;
    return found;
  } catch (error) {
    if (signal.aborted) return null;
    memory.listing = textOf(error);
    return null;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
