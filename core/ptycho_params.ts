/** The parameter tree as the rest of Exitwave sees it: parsed, complete with defaults, and what of it the user wrote. */

import { ParameterError } from "./errors.ts";
import { findMistakes } from "./parameters/mistakes.ts";
import { type PtychoParams, ptychoParams } from "./parameters/ptycho.ts";
import { withModuleNames } from "./parameters/scandata/module_scan.ts";
import { type StoredParameters, storedParameters } from "./parameters/stored.ts";
import { writtenPaths } from "./parameters/written.ts";

export type { PtychoParams };

/** A parameter tree after parsing. */
export interface ParsedPtycho {
  /** The tree with all defaults filled in. */
  readonly p: PtychoParams;
  /** Full path of every leaf that the user gave, such as `scans.MF.data.shape`; also those given as None. */
  readonly written: ReadonlySet<string>;
}

/**
 * Parses the content of `ptycho`.
 *
 * @throws {ParameterError} with all mistakes at once: unknown names, wrong types, values out of bounds, unknown or missing
 * `name`; each with its full path, the value found, what is allowed and the nearest known name
 */
export function parsePtycho(tree: unknown): ParsedPtycho {
  const input = withModuleNames(tree);
  const result = ptychoParams.safeParse(input);
  if (!result.success) throw new ParameterError(findMistakes(ptychoParams, input, result.error), result.error);
  return { p: result.data, written: writtenPaths(ptychoParams, input) };
}

/**
 * The tree as a `.ptyr` file keeps it: what the user wrote, in PtyPy's values, without what PtyPy does not know; and which of
 * its whole numbers are floats for PtyPy, as `writePtyr()` asks.
 *
 * @param input a tree that `parsePtycho()` accepted
 */
export function storedPtycho(input: Readonly<Record<string, unknown>>): StoredParameters {
  return storedParameters(ptychoParams, withModuleNames(input) as typeof input);
}
