/** The orchestrator's interface over a Restate server; the work is done by the workers of restate.ts, wherever they are. */

import type { Json } from "../core/json.ts";
import {
  checkSubmission,
  hasEnded,
  type ListOptions,
  missingRun,
  type Orchestrator,
  RunInterrupted,
  type RunView,
  sameRun,
  wrongState,
} from "./orchestrator.ts";
import {
  createRestateClient,
  type Invocation,
  type KnownRun,
  type RestateClient,
  type RestateServer,
} from "./restate_client.ts";
import { wait } from "../functions/wait.ts";

/** How often it is asked whether something has happened: soon at first, then at longest twice a second. */
const POLL = { first: 10, factor: 1.5, longest: 500 };

/** A Restate server and what its workers know. */
export interface RestateOrchestratorOptions extends RestateServer {
  /** Names of the workflows that can be submitted. */
  readonly workflows: readonly string[];
}

/**
 * The runs of a Restate server. A run is a virtual object, and each time that it is started or resumed an invocation of it:
 * the server cannot go on with an invocation that has ended, so that a resumed run is a new one, which takes the results of
 * finished steps from the state of the object and does the others. A run that is cancelled while no worker can be reached
 * ends when one can.
 */
export function createRestateOrchestrator(options: RestateOrchestratorOptions): Orchestrator {
  return new RestateOrchestrator(createRestateClient(options), options.workflows);
}

class RestateOrchestrator implements Orchestrator {
  readonly #client: RestateClient;
  readonly #workflows: readonly string[];
  readonly #stopping = new AbortController();

  constructor(client: RestateClient, workflows: readonly string[]) {
    this.#client = client;
    this.#workflows = workflows;
  }

  async submit(
    workflow: string,
    id: string,
    input: Json,
    { delayMilliseconds: delay = 0 }: { delayMilliseconds?: number } = {},
  ): Promise<RunView> {
    const given = checkSubmission({ workflow, id, input, delay }, this.#workflows);
    let run = await this.view(id);
    if (run === null) {
      await this.#client.start(id, { workflow, input: given, submitted: Date.now(), delay, attempt: 0 }, id);
      run = await this.#until(() => this.view(id));
    }
    // Another may have submitted it at the same time: the server took the first.
    return sameRun(run, workflow, given);
  }

  async view(id: string): Promise<RunView | null> {
    return (await this.#client.run(id))?.view ?? null;
  }

  async list({ status, limit = 100, after }: ListOptions = {}): Promise<RunView[]> {
    const ids = await this.#client.ids();
    const start = after === undefined ? 0 : ids.indexOf(after) + 1;
    if (after !== undefined && start === 0) throw missingRun("list runs after", after);
    const found: RunView[] = [];
    for (let i = start; i < ids.length && found.length < limit; i += limit) {
      const page = ids.slice(i, i + limit);
      const runs = await this.#client.runs(page);
      const views = page.flatMap((id) => runs.get(id)?.view ?? []);
      found.push(...views.filter((run) => status === undefined || run.status === status));
    }
    return found.slice(0, limit);
  }

  async cancel(id: string): Promise<void> {
    const run = await this.#find("cancel", id);
    if (!hasEnded(run.view)) await this.#client.change(lastOf(run).id, "cancel");
  }

  async resume(id: string): Promise<void> {
    const run = await this.#find("resume", id);
    const last = lastOf(run);
    if (last.status === "paused") return void await this.#client.change(last.id, "resume");
    if (run.view.status === "done") throw wrongState("resume", run.view, "failed or cancelled");
    if (!hasEnded(run.view)) return;
    const { workflow, input, submitted } = run.view;
    const attempt = run.invocations.length;
    const request = { workflow, input, submitted: submitted.getTime(), delay: 0, attempt };
    // Resumed by two at once, it is started once.
    await this.#client.start(id, request, `${id}/${attempt}`);
    await this.#until(async () => (await this.#find("resume", id)).invocations.length > attempt || null);
  }

  async remove(id: string): Promise<void> {
    const run = await this.#find("remove", id);
    if (!hasEnded(run.view)) throw wrongState("remove", run.view, "at its end; cancel it first");
    // The state first: what is left if this is cut short can be removed again.
    await this.#client.forgetState(id);
    for (const { id: invocation } of run.invocations) await this.#client.change(invocation, "purge");
    await this.#until(async () => await this.#client.run(id) === undefined || null);
  }

  async result(id: string, signal?: AbortSignal): Promise<RunView> {
    return await this.#until(async () => {
      const { view } = await this.#find("wait for", id);
      return hasEnded(view) ? view : null;
    }, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new RunInterrupted("stopped", "any"));
    return Promise.resolve();
  }

  async #find(what: string, id: string): Promise<KnownRun> {
    const run = await this.#client.run(id);
    if (run === undefined) throw missingRun(what, id);
    return run;
  }

  /** Asks until there is an answer. */
  async #until<T>(ask: () => Promise<T | null>, signal?: AbortSignal): Promise<T> {
    const stopping = this.#stopping.signal;
    const either = signal === undefined ? stopping : AbortSignal.any([stopping, signal]);
    for (let pause = POLL.first;; pause = Math.min(pause * POLL.factor, POLL.longest)) {
      either.throwIfAborted();
      const answer = await ask();
      if (answer !== null) return answer;
      await wait(pause, either);
    }
  }
}

function lastOf({ invocations }: KnownRun): Invocation {
  return invocations.at(-1)!;
}
