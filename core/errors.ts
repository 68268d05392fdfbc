/** The errors of physics, files and parameters; together with those in kernels/errors.ts the closed set of Exitwave. */

import { type ErrorTag, TaggedError } from "../kernels/errors.ts";

/** One mistake in a parameter tree. */
export interface ParameterIssue {
  /** Full path as the user would write it, such as `scans.MF.data.shape`. */
  readonly path: string;
  /** One sentence: the value found, what is allowed, the nearest known name. */
  readonly message: string;
}

/** Everything that is wrong with a parameter tree, all mistakes at once. */
export class ParameterError extends TaggedError<"ParameterError"> {
  /** The mistakes, in the order of the tree. */
  readonly issues: readonly ParameterIssue[];

  constructor(issues: readonly ParameterIssue[], cause?: unknown) {
    super("ParameterError", issues.map((i) => `${i.path}: ${i.message}`).join("\n"), { issues }, cause);
    this.issues = issues;
  }
}

/** A file or data set that is missing, broken or not what was expected; `fields` has file, dataset, found, expected. */
export class DataError extends TaggedError<"DataError"> {
  constructor(message: string, fields: Record<string, unknown> = {}, cause?: unknown) {
    super("DataError", message, fields, cause);
  }
}

/** A reconstruction that left the finite numbers; `fields` has engine and iteration. */
export class DivergedError extends TaggedError<"DivergedError"> {
  constructor(message: string, fields: Record<string, unknown> = {}, cause?: unknown) {
    super("DivergedError", message, fields, cause);
  }
}

/** Something the user asked for that is not built; names the parameters, their values and why. */
export class UnsupportedError extends TaggedError<"UnsupportedError"> {
  constructor(message: string, fields: Record<string, unknown> = {}, cause?: unknown) {
    super("UnsupportedError", message, fields, cause);
  }
}

/** True if `e` is an Exitwave error, of the given tag where one is given. */
export function isPtychoError(e: unknown, tag?: ErrorTag): e is TaggedError {
  return e instanceof TaggedError && (tag === undefined || e._tag === tag);
}
