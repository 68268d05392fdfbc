/** How many runs of one caller may wait or be at work, so that nobody takes the queue for themselves. */

import { ApiError } from "../functions/http_errors.ts";
import { LOCAL } from "../functions/guard/roles.ts";
import { ParameterError } from "../core/errors.ts";
import type { Orchestrator, RunView } from "./orchestrator.ts";

/** What of the input of a run or a batch says who asked for it. */
export interface OwnedInput {
  /** Name of the caller; missing in what was submitted before there were any. */
  readonly owner?: string;
  /** Of a batch: how many runs it has. */
  readonly total?: number;
}

/** The runs of every caller that have not ended. */
export interface CallerQueue {
  /**
   * Does what submits runs, one after another for each caller: counted at the same time, each would find the room of the others.
   *
   * @param work is given what throws ApiError `Busy` (429) unless so many more runs may wait
   */
  inTurn<T>(owner: string, work: (room: (more: number) => Promise<void>) => Promise<T>): Promise<T>;
}

/** After so many seconds a run may have ended. */
const RETRY_SECONDS = 10;

/** Runs that are listed at a time. */
const PAGE = 1000;

/** Counts the runs of an orchestrator. `most` is null for any number. */
export function createCallerQueue({ orchestrator, most }: {
  readonly orchestrator: Pick<Orchestrator, "list">;
  readonly most: number | null;
}): CallerQueue {
  const turns = new Map<string, Promise<unknown>>();

  async function room(owner: string, more: number): Promise<void> {
    if (most === null) return;
    if (more > most) throw neverFits(more, most);
    const waiting = countRuns((await allOnTheirWay(orchestrator)).filter((run) => ownerOfRun(run) === owner));
    if (waiting + more > most) throw isFull({ owner, waiting, more, most });
  }

  return {
    async inTurn(owner, work) {
      const before = turns.get(owner);
      const own = (async () => {
        await before?.catch(() => {}); // Whose turn it was has been told.
        return await work((more) => room(owner, more));
      })();
      turns.set(owner, own);
      try {
        return await own;
      } finally {
        if (turns.get(owner) === own) turns.delete(owner);
      }
    },
  };
}

/** Who asked for a run or a batch. */
export function ownerOfRun({ input }: Pick<RunView, "input">): string {
  return (input as OwnedInput | null)?.owner ?? LOCAL.name;
}

/** A batch on its way stands for all its runs, those that it has yet to submit too. */
function countRuns(views: readonly RunView[]): number {
  const totals = new Map(views.flatMap(({ id, input }) => {
    const { total } = input as OwnedInput;
    return total === undefined ? [] : [[id, total] as const];
  }));
  const others = views.filter(({ id }) => !totals.has(id) && !totals.has(id.replace(/-\d+$/, "")));
  return [...totals.values()].reduce((sum, total) => sum + total, others.length);
}

async function allOnTheirWay(orchestrator: Pick<Orchestrator, "list">): Promise<RunView[]> {
  const found: RunView[] = [];
  for (const status of ["pending", "running"] as const) {
    let page: RunView[];
    let after: { readonly after?: string } = {};
    do {
      page = await orchestrator.list({ status, limit: PAGE, ...after });
      found.push(...page);
      if (page.length > 0) after = { after: page.at(-1)!.id };
    } while (page.length === PAGE);
  }
  return found;
}

function isFull({ owner, waiting, more, most }: {
  readonly owner: string;
  readonly waiting: number;
  readonly more: number;
  readonly most: number;
}): ApiError {
  const message =
    `Cannot submit ${more === 1 ? "a run" : `${more} runs`}: found ${waiting} of "${owner}" that wait or ` +
    `are at work, expected at most ${most} with ${
      more === 1 ? "it" : "them"
    }; try again when some have ended, or see ` +
    "limits.queued of the server";
  return new ApiError("Busy", message, {
    status: 429,
    retryAfter: RETRY_SECONDS,
    fields: { owner, waiting, limit: most },
  });
}

function neverFits(more: number, most: number): ParameterError {
  const message = `found ${more} runs, expected at most ${most} of one caller; see limits.queued of the server`;
  return new ParameterError([{ path: "runs", message }]);
}
