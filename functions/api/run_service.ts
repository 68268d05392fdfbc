/** What the routes of runs need behind them; workflows/run_service.ts has it. */

import { z } from "zod";
import type { WrittenTree } from "../../core/parameter_file.ts";
import type { LocalArtifact } from "../artifacts.ts";
import { ERRORS, RUN_NAME } from "../inputs.ts";
import { USAGE } from "../operation/stage_meter.ts";

/** What a run does. */
export const RUN_KIND = z.enum(["reconstruct", "simulate"]).meta({ description: "What the run does" });

/** How far a run is. */
export const RUN_STATUS = z.enum(["pending", "running", "done", "failed", "cancelled"]).meta({
  description: "How far the run is",
});

/** A run as it stands. */
export const RUN_RECORD = z.strictObject({
  id: RUN_NAME.meta({ description: "Name of the run" }),
  kind: RUN_KIND,
  name: z.string().meta({ description: "Name of the run in file names" }),
  owner: z.string().meta({ description: "Who asked for it: the name of a token, or local where there are none" }),
  status: RUN_STATUS,
  submitted: z.iso.datetime(),
  changed: z.iso.datetime(),
  progress: z.strictObject({
    engine: z.string().meta({ description: "Name of the engine at work" }),
    iteration: z.int().meta({ description: "Its iterations so far" }),
    numiter: z.int().meta({ description: "All its iterations" }),
    iterations: z.int().meta({ description: "Iterations of the run so far" }),
    total: z.int().meta({ description: "All iterations of the run" }),
    errors: ERRORS,
    secondsPerIteration: z.number(),
    secondsLeft: z.number().meta({ description: "If it goes on as fast as in the last block" }),
  }).nullable().meta({ description: "Null before the first block of iterations" }),
  usage: USAGE.nullable().meta({ description: "What the run cost so far; null before its first block of iterations" }),
  error: z.strictObject({
    tag: z.string(),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
  }).nullable().meta({ description: "Why the run failed" }),
  seconds: z.number().nullable().meta({
    description: "Spent in iterations; null before the end, or if there are none",
  }),
  files: z.array(z.string()).meta({ description: "Names of what the run left so far" }),
});

/** A run as it stands. */
export type RunRecord = z.output<typeof RUN_RECORD>;

/** What a run does. */
export type RunKind = z.output<typeof RUN_KIND>;

/** How far a run is. */
export type RunRecordStatus = z.output<typeof RUN_STATUS>;

/** A run to be. */
export interface RunRequest {
  readonly kind: RunKind;
  /** The content of `ptycho`, unchecked. */
  readonly parameters: WrittenTree;
  /** Name of the run in file names, where the tree has none. */
  readonly name?: string | undefined;
  /** Iterations between two pictures; null for none. If left out, a tenth of the run, at least 5. */
  readonly preview?: number | null | undefined;
  /** Whether files that its tree names may be those of other runs. */
  readonly overwrite?: boolean | undefined;
}

/** Who submits a run. */
export interface Submitter {
  /** Name of the run; made up if left out. */
  readonly id?: string | undefined;
  /** Name of the caller. */
  readonly owner: string;
  /** Whether there is room for it because it is part of what was admitted as a whole. */
  readonly isAdmitted?: boolean;
}

/** Which runs to list. */
export interface RunFilter {
  readonly kind?: RunKind | undefined;
  readonly status?: RunRecordStatus | undefined;
  readonly limit: number;
  /** Only those that come after this one. */
  readonly after?: string | undefined;
}

/**
 * Runs, as HTTP has them.
 *
 * All throw ApiError: `NotFound` for a run that is not there, `Conflict` for one that is not in the state it should be in.
 */
export interface RunService {
  /**
   * Submits a run. The same id again with an equal request is harmless and gives the run as it stands.
   *
   * @throws ApiError `Conflict` if the id stands for another request, `Busy` (429) if too many of its owner wait @throws {ParameterError} and others for what cannot be run
   */
  submit(request: RunRequest, by: Submitter): Promise<RunRecord>;
  view(id: string): Promise<RunRecord>;
  /** Newest first. */
  list(filter: RunFilter): Promise<RunRecord[]>;
  cancel(id: string): Promise<RunRecord>;
  resume(id: string): Promise<RunRecord>;
  /** Forgets a run that has ended, with all its artifacts; files below the data root stay. */
  remove(id: string): Promise<void>;
  /** The latest picture; of a run that is done, it is drawn when it is first asked for. @throws ApiError `NotFound` if there is none yet */
  preview(id: string, signal: AbortSignal): Promise<RunFile>;
  /** A file that the run left, the last if no name is given. @throws ApiError `NotFound` if there is none (yet) */
  file(id: string, options: { readonly name?: string; readonly signal: AbortSignal }): Promise<RunFile>;
  /** What was said in the run, line by line. */
  log(id: string): Promise<string>;
}

/** A file of a run. */
export interface RunFile {
  /** Name to save it under. */
  readonly name: string;
  /** The same for the same bytes. */
  readonly tag: string;
  /** To be disposed of. */
  readonly file: LocalArtifact;
}

/** Whether a run has come to an end. */
export function isAtEnd({ status }: Pick<RunRecord, "status">): boolean {
  return status === "done" || status === "failed" || status === "cancelled";
}
