/**
 * Stages over several workers: the stages of a run go to one worker, whose device keeps the state of the run, and to the next one while it
 * is away. Which one it is follows from the run's name and the addresses alone (the highest of their hashes), so that every process that
 * asks comes to the same answer, and a worker that comes or goes moves no runs but its own.
 */

import { createHash } from "node:crypto";
import { AwayError, type Fetcher, type Invoke, invokeBy } from "../functions/invoke.ts";
import { RunInterrupted } from "./orchestrator.ts";
import { wait } from "../functions/wait.ts";

/** A worker that was away is asked so often whether it is back, when there is something for it to do. */
const ASK_MILLISECONDS = 1000;

/** A worker that is there says so within this time, unless an iteration keeps it from answering. */
const ANSWER_MILLISECONDS = 2000;

/** Longer than a machine with a graphics card takes to start, where none runs while there is nothing to do. */
const PATIENCE_MILLISECONDS = 15 * 60_000;

/** The workers. */
export interface SpreadOptions {
  /** Addresses, such as `http://127.0.0.1:8090`. */
  readonly workers: readonly string[];
  /** Asked only while none of `workers` is there. */
  readonly fallback?: readonly string[];
  /** What workers want to see. */
  readonly token?: string;
  /** While no worker is there, a call waits so long for one. */
  readonly patienceMilliseconds?: number;
  /** Is told when a worker goes and comes. */
  readonly log?: (message: string) => void;
  readonly fetcher?: Fetcher;
}

/**
 * Calls stages at workers. A call that is broken off, by the death of its worker for one, is made again at the next: stages bear that.
 *
 * @throws {RangeError} if there is no worker @throws {AwayError} (of what is returned) if none is there for too long
 */
export function spreadInvoke(options: SpreadOptions): Invoke {
  const { workers, fallback = [], token, patienceMilliseconds = PATIENCE_MILLISECONDS, log = () => {} } = options;
  if (workers.length === 0) throw new RangeError("Cannot spread stages: found no worker, expected at least one");
  const fetcher = options.fetcher ?? fetch;
  const known = new Map([...workers, ...fallback].map((url) => [url, createWorker(url, { fetcher, token, log })]));
  const ranked = (run: string) =>
    [workers, fallback].flatMap((group) => rank(group, run)).map((url) => known.get(url)!);
  return async (stage, input, signal) => {
    const inOrder = ranked(input.run);
    const end = performance.now() + patienceMilliseconds;
    for (;;) {
      let away: AwayError | null = null;
      for (const worker of inOrder) {
        if (!worker.isThere()) continue;
        try {
          return await worker.invoke(stage, input, signal);
        } catch (error) {
          if (error instanceof AwayError) away = error;
          else throw error;
        }
      }
      if (performance.now() > end) throw away ?? new AwayError(stage, { url: inOrder[0]!.url, found: "no answer" });
      await wait(ASK_MILLISECONDS, signal);
      await Promise.all(inOrder.map((worker) => worker.ask()));
    }
  };
}

/** A worker as this process knows it. */
interface Worker {
  readonly url: string;
  readonly invoke: Invoke;
  /** False while it is away; asks it now and then, without waiting for the answer. */
  isThere(): boolean;
  /** Asks it, if it is away, whether it is back. */
  ask(): Promise<void>;
}

function createWorker(
  url: string,
  { fetcher, token, log }: Required<Pick<SpreadOptions, "fetcher" | "log">> & { readonly token: string | undefined },
): Worker {
  const call = invokeBy(fetcher, { url, ...(token === undefined ? {} : { token }) });
  let isAway = false;
  let asked = 0;
  let answer: Promise<void> | null = null;

  function lose(why: string): void {
    if (!isAway) log(`the worker at ${url} is away: ${why}`);
    isAway = true;
    asked = performance.now();
  }

  async function askOnce(): Promise<void> {
    asked = performance.now();
    if (!await isReady(url, fetcher)) return;
    isAway = false;
    log(`the worker at ${url} is back`);
  }

  const ask = () => answer ??= askOnce().finally(() => answer = null);
  return {
    url,
    async invoke(stage, input, signal) {
      try {
        return await call(stage, input, signal);
      } catch (error) {
        if (error instanceof AwayError) lose(error.message);
        // It may be frozen: the next attempt should not wait for it too.
        else if (signal.aborted && !(signal.reason instanceof RunInterrupted)) lose(String(signal.reason));
        throw error;
      }
    },
    isThere() {
      if (isAway && performance.now() - asked > ASK_MILLISECONDS) ask();
      return !isAway;
    },
    ask: () => isAway ? ask() : Promise.resolve(),
  };
}

async function isReady(url: string, fetcher: Fetcher): Promise<boolean> {
  try {
    const response = await fetcher(new Request(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) }));
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    // No connection, or no answer in time: it is still away.
    return false;
  }
}

/** The workers in the order in which a run asks them: rendezvous hashing. */
export function rank(workers: readonly string[], run: string): string[] {
  const score = (url: string) => createHash("sha256").update(`${url} ${run}`).digest("hex");
  const scored = workers.map((url) => ({ url, score: score(url) }));
  return scored.sort((a, b) => a.score < b.score ? 1 : -1).map(({ url }) => url);
}
