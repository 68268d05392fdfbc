/**
 * What becomes of runs that have ended: they stay until somebody removes them, unless the configuration says how long they are kept.
 * Nothing goes that it does not name, and how much there is is told as it grows.
 */

import { isAtEnd, type RunRecord, type RunService } from "../functions/api/run_service.ts";
import type { BatchService } from "../functions/api/batch_service.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import type { OpenArtifacts } from "../functions/open_artifacts.ts";
import { ApiError } from "../functions/http_errors.ts";
import { runPrefix } from "../functions/stage.ts";
import { wait } from "../functions/wait.ts";

/** How long what is kept, in days; null for ever. */
export interface Keep {
  /** Runs that have ended; batches from when they were submitted, with their runs. */
  readonly days: number | null;
  /** Prepared frames and states of runs that are done, which nobody needs for their results. */
  readonly working_days: number | null;
}

/** What a sweep looks at. */
export interface SweepOptions {
  readonly keep: Keep;
  readonly runs: RunService;
  readonly batches: BatchService;
  readonly artifacts: ArtifactStore;
  readonly date: () => Date;
  readonly log: (text: string) => void;
}

/** What is swept, and where killed processes leave what no artifact needs. */
export interface RetentionOptions extends SweepOptions {
  readonly artifacts: ArtifactStore & Pick<OpenArtifacts, "removeLeftOvers">;
}

/** Between two sweeps. */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Bytes of artifacts from which on it is told how many there are, each time they have doubled. */
const MANY_BYTES = 10e9;

/** What goes first: `functions/stages` names artifacts so. */
const WORKING = ["prepared-", "state-"];

/** Runs at a time. */
const PAGE = 100;

/** Sweeps now and every hour, until it is disposed of; what fails is told and tried again. */
export function openRetention(options: RetentionOptions): AsyncDisposable {
  const stopping = new AbortController();
  const { signal } = stopping;
  async function work(): Promise<void> {
    let told = MANY_BYTES / 2;
    for (let hours = 0; !signal.aborted; hours++) {
      try {
        await sweep(options, signal);
        // Of what this removes nobody knows any more; to find it takes a request for each large object.
        if (hours % 24 === 0) await options.artifacts.removeLeftOvers(DAY);
        told = await tellSize(options, { told, signal });
      } catch (error) {
        if (!signal.aborted) options.log(`old runs are not removed: ${error instanceof Error ? error.message : error}`);
      }
      await wait(HOUR, signal).catch(() => {});
    }
  }
  const ended = work();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await ended;
    },
  };
}

/** Removes what is kept no longer. */
export async function sweep(options: SweepOptions, signal: AbortSignal): Promise<void> {
  const { keep: { days, working_days: workingDays }, runs, batches, date } = options;
  const isOld = (changed: string, days: number | null) =>
    days !== null && date().getTime() - Date.parse(changed) > days * DAY;
  // All of them first: a page is asked for by the last run of the one before, which must not be gone.
  const [all, allBatches] = [await pages(runs.list), days === null ? [] : await pages(batches.list)];
  for (const { id, submitted } of allBatches) {
    if (signal.aborted) return;
    if (isOld(submitted, days) && isAtEnd(await batches.view(id))) await unlessGone(() => batches.remove(id));
  }
  for (const run of all) {
    if (signal.aborted) return;
    if (!isAtEnd(run)) continue;
    if (isOld(run.changed, days)) await unlessGone(() => runs.remove(run.id));
    else if (run.status === "done" && isOld(run.changed, workingDays)) {
      await unlessGone(() => removeWorking(run, { options, signal }));
    }
  }
}

/** What a list has on all its pages. */
async function pages<T extends { readonly id: string }>(
  list: (filter: { readonly limit: number; readonly after?: string | undefined }) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const page = await list({ limit: PAGE, after: all.at(-1)?.id });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** The results, pictures and log of a run stay, and so does what it was made with. */
async function removeWorking(
  run: RunRecord,
  { options: { artifacts, runs }, signal }: { readonly options: SweepOptions; readonly signal: AbortSignal },
): Promise<void> {
  const keys: string[] = [];
  for (const name of WORKING) {
    for await (const { key } of artifacts.list(`${runPrefix(run.id)}${name}`)) keys.push(key);
  }
  if (keys.length === 0) return;
  // The picture of the end is drawn of the state when it is first asked for: later there would be none.
  if (run.kind === "reconstruct") (await runs.preview(run.id, signal)).file[Symbol.dispose]();
  for (const key of keys) await artifacts.remove(key);
}

async function unlessGone(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    // Somebody else removed it, or lets it go on.
    if (!(error instanceof ApiError && (error.refusal === "NotFound" || error.refusal === "Conflict"))) throw error;
  }
}

/** @returns the bytes that were told last */
async function tellSize(
  { artifacts, keep: { days, working_days: workingDays }, log }: SweepOptions,
  { told, signal }: { readonly told: number; readonly signal: AbortSignal },
): Promise<number> {
  let [files, bytes] = [0, 0];
  for await (const artifact of artifacts.list("")) {
    if (signal.aborted) return told;
    files++;
    bytes += artifact.bytes;
  }
  if (bytes < 2 * told) return told;
  const unset = days === null && workingDays === null ? "; nothing of it goes by itself: see keep.days" : "";
  log(`note: what runs left takes ${(bytes / 1e9).toFixed(1)} GB in ${files} files${unset}`);
  return bytes;
}
