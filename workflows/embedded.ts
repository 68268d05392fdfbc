/** Durable runs in this process: a journal in a folder that one owner works on at a time. No server, no set-up. */

import type { Json } from "../core/json.ts";
import { join } from "node:path";
import { type LiveRun, type RunServices, startRun, TICK_MILLISECONDS, writeUntilDone } from "./embedded_run.ts";
import {
  checkSubmission,
  DEFAULT_RETRY,
  hasEnded,
  type ListOptions,
  missingRun,
  type Orchestrator,
  type RetryPolicy,
  RunError,
  RunInterrupted,
  type RunView,
  sameRun,
  type Workflows,
  wrongState,
} from "./orchestrator.ts";
import { RunJournal, type RunRow } from "./run_journal.ts";
import { createSteadyClock, type OrchestratorClock, SYSTEM_CLOCK } from "./steady_clock.ts";

/** Locked by the process that works on the runs of a folder. */
const LOCK = "owner.lock";

/** Where and how an embedded orchestrator works. */
export interface EmbeddedOptions {
  /** Holds the journal; made if it is not there. On a local disk. */
  readonly folder: string;
  /** So many runs at a time, 1 unless told; the others wait in the order they came. */
  readonly concurrency?: number;
  readonly retry?: RetryPolicy;
  /** After so long an attempt of a step has failed; unlimited unless told. */
  readonly stepTimeoutMilliseconds?: number;
  readonly clock?: OrchestratorClock;
  /** Is told what a person may want to know, such as a full disk. */
  readonly log?: (message: string) => void;
}

/** An orchestrator in this process. */
export interface EmbeddedOrchestrator extends Orchestrator {
  /**
   * Ends the work here and waits until the steps in hand have ended. Runs stay as they are in the journal, and the next
   * owner of the folder goes on with them.
   */
  stop(): Promise<void>;
  /** Begins no more steps and waits until those in hand are done and remembered. Runs can still be looked at and submitted. */
  drain(): Promise<void>;
}

/**
 * Opens the runs in a folder and goes on with those that have not ended.
 *
 * @throws {RunError} `owned` if another process works on them; `journal` if the folder or its journal cannot be used
 */
export function openEmbeddedOrchestrator(workflows: Workflows, options: EmbeddedOptions): EmbeddedOrchestrator {
  const { folder, clock = SYSTEM_CLOCK, log = () => {} } = options;
  const lock = takeLock(folder);
  try {
    const journal = new RunJournal(join(folder, "runs.sqlite"));
    const services: RunServices = {
      journal,
      log,
      retry: options.retry ?? DEFAULT_RETRY,
      stepTimeoutMilliseconds: options.stepTimeoutMilliseconds ?? Infinity,
      wall: clock.wall,
      now: createSteadyClock(clock, journal.latest()),
    };
    return new Embedded(workflows, { concurrency: options.concurrency ?? 1, lock, services });
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Whether a process works on the runs in a folder. */
export function isOwned(folder: string): boolean {
  try {
    using lock = Deno.openSync(join(folder, LOCK), { write: true });
    return !lock.tryLockSync(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

class Embedded implements EmbeddedOrchestrator {
  readonly #workflows: Workflows;
  readonly #concurrency: number;
  readonly #lock: Deno.FsFile;
  readonly #services: RunServices;
  readonly #journal: RunJournal;
  /** By the number of the run; a cancelled one stays until its work has ended. */
  readonly #live = new Map<number, LiveRun>();
  /** Fires an event named after the id when a run ended or was removed. */
  readonly #ends = new EventTarget();
  readonly #stopping = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped: Promise<void> | undefined;
  #isDraining = false;

  constructor(
    workflows: Workflows,
    { concurrency, lock, services }: { concurrency: number; lock: Deno.FsFile; services: RunServices },
  ) {
    this.#workflows = workflows;
    this.#concurrency = concurrency;
    this.#lock = lock;
    this.#services = services;
    this.#journal = services.journal;
    this.#journal.requeue();
    const unknown = this.#journal.awaitedWorkflows().filter((name) => !Object.hasOwn(workflows, name));
    for (const name of unknown) services.log(`runs wait for the workflow "${name}", which is not there`);
    this.#schedule();
  }

  async submit(
    workflow: string,
    id: string,
    input: Json,
    { delayMilliseconds: delay = 0 }: { delayMilliseconds?: number } = {},
  ): Promise<RunView> {
    const given = checkSubmission({ workflow, id, input, delay }, Object.keys(this.#workflows));
    const wake = delay > 0 ? this.#services.now() + delay : 0;
    const added = this.#journal.add({ id, workflow, input: given, wake, now: this.#services.wall() });
    if (!added) return sameRun(this.#view(this.#find("submit", id)), workflow, given);
    if (delay > 0) this.#noteTime();
    this.#schedule();
    return await Promise.resolve(this.#view(this.#find("submit", id)));
  }

  async view(id: string): Promise<RunView | null> {
    const run = this.#journal.find(id);
    return await Promise.resolve(run === null ? null : this.#view(run));
  }

  async list({ status, limit = 100, after }: ListOptions = {}): Promise<RunView[]> {
    const below = after === undefined ? Number.MAX_SAFE_INTEGER : this.#find("list runs after", after).number;
    return await Promise.resolve(this.#journal.list({ status, limit, below }).map((run) => this.#view(run)));
  }

  async cancel(id: string): Promise<void> {
    const run = this.#find("cancel", id);
    if (hasEnded(run)) return;
    const abort = () => this.#live.get(run.number)?.controller.abort(new RunInterrupted("cancelled", id));
    abort();
    await this.#writeUntilDone(`that run "${id}" is cancelled`, () => {
      this.#journal.move(run.number, { from: ["pending", "running"], to: "cancelled", now: this.#services.wall() });
    });
    // Had the disk been full, it may have begun since.
    abort();
    this.#ends.dispatchEvent(new Event(id));
  }

  async resume(id: string): Promise<void> {
    const run = this.#find("resume", id);
    if (run.status === "done") throw wrongState("resume", run, "failed or cancelled");
    if (!hasEnded(run)) return;
    this.#journal.restart(run.number, this.#services.wall());
    await Promise.resolve(this.#schedule());
  }

  async remove(id: string): Promise<void> {
    const run = this.#find("remove", id);
    if (!hasEnded(run)) throw wrongState("remove", run, "at its end; cancel it first");
    // A cancelled one may be at work a little longer.
    await this.#live.get(run.number)?.ended;
    this.#journal.remove(run.number);
    await Promise.resolve(this.#ends.dispatchEvent(new Event(id)));
  }

  async result(id: string, signal?: AbortSignal): Promise<RunView> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#stopping.signal.aborted) throw new RunInterrupted("stopped", id);
      const run = this.#find("wait for", id);
      if (hasEnded(run)) return this.#view(run);
      await this.#endOf(id, signal);
    }
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#end();
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const { finishStep } of this.#live.values()) finishStep();
    await Promise.all([...this.#live.values()].map(({ ended }) => ended));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    for (const { id, controller } of this.#live.values()) controller.abort(new RunInterrupted("stopped", id));
    await Promise.all([...this.#live.values()].map(({ ended }) => ended));
    this.#noteTime();
    this.#journal.close();
    this.#lock.close();
  }

  /** Begins what is due, and looks again when the next run is. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopping.signal.aborted || this.#isDraining) return;
    const now = this.#services.now();
    try {
      // A resumed run may still be at work from before: of those there are at most as many as are live.
      const due = this.#journal.due({ now, limit: this.#concurrency, workflows: Object.keys(this.#workflows) });
      for (const run of due.filter(({ number }) => !this.#live.has(number))) {
        if (this.#live.size < this.#concurrency) this.#begin(run);
      }
      const next = this.#journal.nextWake(now);
      if (next < Infinity) this.#timer = setTimeout(() => this.#tick(), Math.min(next - now, TICK_MILLISECONDS));
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      this.#services.log(`${error.message}; runs wait`);
      this.#timer = setTimeout(() => this.#schedule(), 1000);
    }
  }

  #tick(): void {
    this.#noteTime();
    this.#schedule();
  }

  #begin(run: RunRow): void {
    const { number, id } = run;
    this.#journal.move(number, { from: ["pending"], to: "running", now: this.#services.wall() });
    const live = startRun(run, { workflow: this.#workflows[run.workflow]!, services: this.#services });
    this.#live.set(number, live);
    live.ended.then(() => {
      this.#live.delete(number);
      this.#ends.dispatchEvent(new Event(id));
      this.#schedule();
    });
  }

  #endOf(id: string, signal: AbortSignal | undefined): Promise<void> {
    const done = new AbortController();
    return new Promise<void>((resolve) => {
      const options = { signal: done.signal };
      this.#ends.addEventListener(id, () => resolve(), options);
      this.#stopping.signal.addEventListener("abort", () => resolve(), options);
      signal?.addEventListener("abort", () => resolve(), options);
    }).finally(() => done.abort());
  }

  #find(what: string, id: string): RunRow {
    const run = this.#journal.find(id);
    if (run === null) throw missingRun(what, id);
    return run;
  }

  #view({ number, ...run }: RunRow): RunView {
    const progress = this.#live.get(number)?.progress();
    return progress === undefined ? run : { ...run, progress };
  }

  /** Lets the next owner know how late it is; not knowing makes waits longer, no worse. */
  #noteTime(): void {
    try {
      this.#journal.saw(this.#services.now());
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      this.#services.log(error.message);
    }
  }

  #writeUntilDone(what: string, write: () => void): Promise<void> {
    return writeUntilDone(write, { what, signal: this.#stopping.signal, log: this.#services.log });
  }
}

function takeLock(folder: string): Deno.FsFile {
  let lock: Deno.FsFile;
  try {
    Deno.mkdirSync(folder, { recursive: true });
    lock = Deno.openSync(join(folder, LOCK), { create: true, write: true });
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Deno.errors.NotCapable) throw error;
    const message = `Cannot open the runs in "${folder}": found ${error.message}, expected a folder to write in`;
    throw new RunError("journal", message, { folder }, error);
  }
  if (lock.tryLockSync(true)) return lock;
  lock.close();
  const message = `Cannot open the runs in "${folder}": found a process that works on them, expected none; ` +
    "wait until it has ended, or choose another folder";
  throw new RunError("owned", message, { folder });
}
