/** From what a batch varies to its runs: each a tree, the base with some parameters set. */

import { ParameterError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { applyOverrides, type WrittenTree } from "../core/parameter_file.ts";

/** Values by the path of their parameter, such as `engines.engine00.numiter`. */
export type Varied = Readonly<Record<string, Json>>;

/** A run of a batch to be. Plain JSON. */
export interface BatchMember {
  /** Name of the run in file names. */
  readonly name: string;
  /** What is set in its tree. */
  readonly varied: Varied;
  /** Its own tree; null for that of the batch. */
  readonly parameters: WrittenTree | null;
}

/** A batch to be. Plain JSON. */
export interface BatchPlan {
  readonly parameters: WrittenTree | null;
  readonly preview: number | null | undefined;
  readonly members: readonly BatchMember[];
}

/** Lists of values by the path of their parameter, and how they are combined. */
export interface Sweep {
  readonly vary: Readonly<Record<string, readonly Json[]>>;
  /** Every value with every other; or the first of each, the second of each, and so on. */
  readonly combine: "product" | "zip";
}

/**
 * The combinations of a sweep; of a product, the values of the last path change first.
 *
 * @throws {ParameterError} if there are more than `limit`, or lists of different lengths are to be zipped
 */
export function sweepOf({ vary, combine }: Sweep, limit: number): Varied[] {
  const lists = Object.entries(vary);
  const lengths = lists.map(([, values]) => values.length);
  const count = combine === "zip" ? Math.max(0, ...lengths) : lengths.reduce((a, b) => a * b, 1);
  if (count > limit) throw tooMany(count, limit);
  if (combine === "product") {
    return lists.reduce<Varied[]>(
      (sets, [path, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [path]: value }))),
      [{}],
    );
  }
  if (new Set(lengths).size > 1) {
    const found = lists.map(([path, values]) => `${values.length} of ${path}`).join(", ");
    throw new ParameterError([{ path: "vary", message: `found ${found} to zip, expected lists of the same length` }]);
  }
  return Array.from({ length: count }, (_, i) => {
    return Object.fromEntries(lists.map(([path, values]) => [path, values[i]!]));
  });
}

/** The error for a batch with too many runs. */
export function tooMany(count: number, limit: number): ParameterError {
  const message = `found ${count} runs, expected at most ${limit}; see limits.batch of the server`;
  return new ParameterError([{ path: "runs", message }]);
}

/** The tree of a member. @throws {ParameterError} for a path that cannot be set */
export function memberTree({ parameters }: Pick<BatchPlan, "parameters">, member: BatchMember): WrittenTree {
  // JSON is YAML, which overrides are written in.
  const overrides = Object.entries(member.varied).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  return { ...applyOverrides(member.parameters ?? parameters ?? {}, overrides), run: member.name };
}

/** The id of a run of a batch: the same for the same place in it. */
export function memberId(batch: string, index: number): string {
  return `${batch}-${String(index).padStart(5, "0")}`;
}
