/** What the routes of batches need behind them; workflows/batch_service.ts has it. */

import { z } from "@hono/zod-openapi";
import type { Sweep, Varied } from "../batch_plan.ts";
import type { Json } from "../../core/json.ts";
import type { WrittenTree } from "../../core/parameter_file.ts";
import { ERRORS, RUN_NAME } from "../inputs.ts";
import { RUN_STATUS, type Submitter } from "./run_service.ts";

/** Any JSON: what else could come out of a body. A schema that says so member by member would refer to itself. */
export const JSON_VALUE = z.unknown().meta({ description: "Any JSON" }) as z.ZodType<Json, Json>;

/** A run of a batch, in its table. */
export const BATCH_ROW = z.strictObject({
  id: RUN_NAME.meta({ description: "Name of the run" }),
  name: z.string().meta({ description: "Name of the run in file names" }),
  varied: z.record(z.string(), JSON_VALUE).meta({ description: "Parameters that were set in its tree" }),
  status: RUN_STATUS,
  iterations: z.int().nullable().meta({ description: "Iterations so far; null before the first" }),
  errors: ERRORS.nullable(),
  seconds: z.number().nullable().meta({ description: "Spent in iterations; null before its end" }),
  error: z.string().nullable().meta({ description: "Why it failed" }),
}).openapi("BatchRow");

/** A batch as it stands, without its table. */
export const BATCH_HEAD = z.strictObject({
  id: RUN_NAME.meta({ description: "Name of the batch" }),
  name: z.string(),
  submitted: z.iso.datetime(),
  total: z.int().meta({ description: "How many runs it has" }),
});

/** How many runs of a batch are how far. */
export const COUNTS = z.strictObject({
  pending: z.int(),
  running: z.int(),
  done: z.int(),
  failed: z.int(),
  cancelled: z.int(),
});

/** A batch as it stands. */
export const BATCH_RECORD = BATCH_HEAD.extend({
  status: RUN_STATUS.meta({
    description: "running while a run is on its way; then failed or cancelled if any run is, else done",
  }),
  counts: COUNTS,
  runs: z.array(BATCH_ROW),
});

/** A run of a batch, in its table. */
export type BatchRow = z.output<typeof BATCH_ROW>;

/** A batch as it stands, without its table. */
export type BatchHead = z.output<typeof BATCH_HEAD>;

/** A batch as it stands. */
export type BatchRecord = z.output<typeof BATCH_RECORD>;

/** A scan or another run of a batch. */
export interface BatchItem {
  readonly name?: string | undefined;
  /** Its own tree. */
  readonly parameters?: WrittenTree | undefined;
  /** A parameter file below the data root, instead. */
  readonly file?: string | undefined;
  /** What is set in the tree. */
  readonly set?: Varied | undefined;
}

/** A batch to be: a sweep, or a list of runs. */
export interface BatchRequest {
  readonly name?: string | undefined;
  /** The tree that members share. */
  readonly parameters?: WrittenTree | undefined;
  readonly preview?: number | null | undefined;
  readonly sweep?: Sweep | undefined;
  readonly runs?: readonly BatchItem[] | undefined;
}

/** Batches, as HTTP has them. All throw as RunService does. */
export interface BatchService {
  /** Submits a batch; every run is checked before. @throws {ParameterError} with the mistakes of all runs */
  submit(request: BatchRequest, by: Omit<Submitter, "isAdmitted">): Promise<BatchRecord>;
  view(id: string): Promise<BatchRecord>;
  /** Newest first. */
  list(options: { readonly limit: number; readonly after?: string | undefined }): Promise<BatchHead[]>;
  cancel(id: string): Promise<BatchRecord>;
  /** Lets what failed or was cancelled go on. */
  resume(id: string): Promise<BatchRecord>;
  /** Forgets a batch that has ended, with all its runs. */
  remove(id: string): Promise<void>;
}
