/** One run of an embedded orchestrator at work: its steps go to the journal, a full disk makes it wait and not work twice. */

import type { Json } from "../core/json.ts";
import { type RetryPolicy, RunError, RunInterrupted, type Workflow } from "./orchestrator.ts";
import { wait } from "../functions/wait.ts";
import { conclude, createRunContext, type StepJournal, waitBefore } from "./run_context.ts";
import type { RunJournal, RunRow } from "./run_journal.ts";

/** So often a wait looks at the clock and notes the time. */
export const TICK_MILLISECONDS = 30_000;

/** Waits between attempts to write to a journal that cannot be written. */
const WRITE_RETRY: RetryPolicy = { attempts: Infinity, initialMilliseconds: 100, factor: 2, longestMilliseconds: 5000 };

/** What runs need beside their workflow. */
export interface RunServices {
  readonly journal: RunJournal;
  readonly retry: RetryPolicy;
  readonly stepTimeoutMilliseconds: number;
  /** Milliseconds since 1970 by a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds since 1970 as the machine has it. */
  readonly wall: () => number;
  readonly log: (message: string) => void;
}

/** A run at work. */
export interface LiveRun {
  readonly id: string;
  readonly controller: AbortController;
  /** Ends the work once the step in hand, or between two the next one, is done and remembered; at once while it waits. */
  readonly finishStep: () => void;
  /** What it reported and the journal does not have yet. */
  readonly progress: () => Json | undefined;
  /** When its work has ended; never rejects. */
  readonly ended: Promise<void>;
}

/** Starts or goes on with a run. Aborted, it leaves the run's status to who aborted it. */
export function startRun(
  run: RunRow,
  { workflow, services }: { readonly workflow: Workflow; readonly services: RunServices },
): LiveRun {
  const controller = new AbortController();
  const { signal } = controller;
  let progress: Json | undefined;
  let [isWaiting, isLast, isDone] = [false, false, false];
  const journal = stepJournal(run, { services, signal, takeProgress });
  const stop = () => controller.abort(new RunInterrupted("stopped", run.id));
  const steps: StepJournal = {
    ...journal,
    async attempt(label, work) {
      const outcome = await journal.attempt(label, work);
      isDone = isLast;
      return outcome;
    },
    async keep(name, outcome) {
      await journal.keep(name, outcome);
      if (isDone) stop();
    },
    pause: (label, milliseconds) => waiting(() => journal.pause(label, milliseconds)),
    sleep: (name, milliseconds) => waiting(() => journal.sleep(name, milliseconds)),
    report: (value) => void (progress = value),
  };
  const context = createRunContext(steps, { id: run.id, signal, ...services });

  async function waiting(wait: () => Promise<void>): Promise<void> {
    isWaiting = true;
    if (isLast) stop();
    try {
      await wait();
    } finally {
      isWaiting = false;
    }
  }

  function takeProgress(): Json | undefined {
    const taken = progress;
    progress = undefined;
    return taken;
  }

  async function work(): Promise<void> {
    const { journal, wall, log } = services;
    const end = await conclude(workflow, { context, input: run.input });
    const change = { now: wall(), progress };
    if (signal.aborted) return void journal.touch(run.number, change);
    const what = `the end of run "${run.id}"`;
    await writeUntilDone(() => journal.end(run.number, end, change), { what, signal, log });
  }

  const ended = Promise.resolve().then(work).catch((error) => {
    if (!signal.aborted) services.log(`Run "${run.id}" goes on when it is opened again: ${error.message}`);
  });
  const finishStep = () => {
    isLast = true;
    if (isWaiting) stop();
  };
  return { id: run.id, controller, finishStep, progress: () => progress, ended };
}

/**
 * Writes to the journal, again and again while it cannot be written, and says so. It tries at least once.
 *
 * @throws the reason of `signal` if it aborts before that helped
 */
export async function writeUntilDone<T>(
  write: () => T,
  { what, signal, log }: { readonly what: string; readonly signal: AbortSignal; readonly log: (text: string) => void },
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      const value = write();
      if (attempt > 1) log(`wrote ${what} after all`);
      return value;
    } catch (error) {
      if (!(error instanceof RunError && error.reason === "journal")) throw error;
      if (attempt === 1) log(`${error.message}; waiting to write ${what}`);
      await wait(waitBefore(attempt + 1, WRITE_RETRY), signal);
    }
  }
}

function stepJournal(
  run: RunRow,
  { services, signal, takeProgress }: {
    services: RunServices;
    signal: AbortSignal;
    takeProgress: () => Json | undefined;
  },
): Omit<StepJournal, "report"> {
  const { journal, now, wall, log } = services;
  return {
    recall: (name) => Promise.resolve(journal.step(run.number, name)),
    attempt: (_, work) => work(),
    pause: (_, milliseconds) => wait(milliseconds, signal),
    async keep(name, outcome) {
      const change = { now: wall(), progress: takeProgress() };
      const what = `step "${name}" of run "${run.id}"`;
      await writeUntilDone(() => journal.addStep(run.number, { name, outcome }, change), { what, signal, log });
    },
    async sleep(name, milliseconds) {
      const first = now() + milliseconds;
      const what = `wait "${name}" of run "${run.id}"`;
      const wake = await writeUntilDone(() => journal.sleep(run.number, { name, wake: first }), { what, signal, log });
      for (let left = wake - now(); left > 0; left = wake - now()) {
        await wait(Math.min(left, TICK_MILLISECONDS), signal);
        await writeUntilDone(() => journal.saw(now()), { what: "the time", signal, log });
      }
    },
  };
}
