/** Which files a run writes, and whether they can be written: asked before hours of work, not after. */

import { resolve } from "node:path";
import { ParameterError } from "../core/errors.ts";
import { beginWhole, checkTarget } from "../core/formats/atomic_file.ts";
import type { LoaderServices } from "../core/loaders/loader.ts";
import { formatPattern, type PatternValues } from "../core/path_pattern.ts";
import type { PtychoParams } from "../core/ptycho_params.ts";
import { sortedEngines } from "./load.ts";

/** What names files. */
export interface OutputNames extends Pick<LoaderServices, "path"> {
  /** Name of the run. */
  readonly name: string;
}

/** Files of a run that goes to its end. */
export interface OutputFiles {
  /** One for each engine; empty if `io.rfile` is None. */
  readonly results: readonly string[];
  /** The first autosave; null if there will be none. */
  readonly autosave: string | null;
}

/** The file that `io.rfile` (`kind` rfile) or `io.autosave.rfile` names, null for None. @throws {ParameterError} naming the pattern */
export function outputFile(
  { io }: Pick<PtychoParams, "io">,
  { kind, name, path, values }: OutputNames & {
    readonly kind: "rfile" | "autosave.rfile";
    readonly values: PatternValues;
  },
): string | null {
  const pattern = kind === "rfile" ? io.rfile : io.autosave.rfile;
  return pattern === null ? null : path(formatPattern(pattern, { run: name, ...values }, `io.${kind}`));
}

/**
 * The files that a run will write, found without touching anything.
 *
 * @throws {ParameterError} for a pattern that cannot be filled, or that names a file which the run reads
 * @throws {DataError} if there can be no file of that name
 */
export function planOutputs(p: PtychoParams, names: OutputNames): OutputFiles {
  let iterations = 0;
  const engines = sortedEngines(p);
  const results = engines.flatMap(([, { name: engine, numiter }]) => {
    iterations += numiter;
    return outputFile(p, { ...names, kind: "rfile", values: { engine, iteration: numiter, iterations } }) ?? [];
  });
  const { active, interval } = p.io.autosave;
  const first = { engine: "None", iteration: 0, iterations: 0 };
  const saves = active && interval > 0 && engines.length > 0;
  const autosave = saves ? outputFile(p, { ...names, kind: "autosave.rfile", values: first }) : null;
  checkOutputs(p, { path: names.path, parameter: "io.rfile", files: results });
  checkOutputs(p, { path: names.path, parameter: "io.autosave.rfile", files: autosave === null ? [] : [autosave] });
  return { results, autosave };
}

/**
 * Looks whether a run may write these files, which a parameter names.
 *
 * @throws {ParameterError} for one that the run reads @throws {DataError} if there can be no file of that name
 */
export function checkOutputs(
  p: PtychoParams,
  { path, parameter, files }: Pick<LoaderServices, "path"> & {
    readonly parameter: string;
    readonly files: readonly string[];
  },
): void {
  const sources = dataFiles(p, { path });
  for (const file of files) {
    if (sources.has(resolve(file))) {
      const message = `found "${file}", which holds data of this run, expected another file`;
      throw new ParameterError([{ path: parameter, message }]);
    }
    checkTarget(file);
  }
}

/** Tries that files can be written: makes their folders, and writes and removes an empty file in each. @throws {DataError} if not */
export function tryOutputs({ results, autosave }: OutputFiles): void {
  for (const file of new Set([...results, ...autosave === null ? [] : [autosave]])) beginWhole(file).abandon();
}

/** Files that scans are read from or saved to. */
function dataFiles(p: PtychoParams, { path }: Pick<LoaderServices, "path">): Set<string> {
  return new Set(
    Object.values(p.scans).flatMap(({ data }) => {
      const files = data === null ? [] : [data.dfile, "source" in data ? data.source : null];
      return files.flatMap((file) => typeof file === "string" ? [resolve(path(file))] : []);
    }),
  );
}
