/** From a submitted parameter tree to what a run is made of: parsed, checked, with a place for its files. */

import { ParameterError } from "../core/errors.ts";
import type { WrittenTree } from "../core/parameter_file.ts";
import { isPlainObject } from "../core/parameters/structure.ts";
import { type ParsedPtycho, parsePtycho } from "../core/ptycho_params.ts";
import { checkSupported } from "../core/unsupported.ts";
import type { FindFiles } from "./data_root.ts";
import { sortedEngines } from "./load.ts";
import { planOutputs } from "./output_files.ts";

/** What is submitted. */
export interface Submission {
  readonly tree: WrittenTree;
  /** Name of the run in file names, where the tree has none; its id if left out. */
  readonly name?: string | undefined;
  /** Iterations between two pictures; null for none. If left out, a tenth of the run, at least 5. */
  readonly preview?: number | null | undefined;
}

/** A run to be. */
export interface PlannedRun {
  /** Name in file names. */
  readonly name: string;
  /** As it is published: with the run's own folder where the tree names no files. */
  readonly tree: WrittenTree;
  readonly parsed: ParsedPtycho;
  readonly plot: number | null;
  /** What is worth telling who submitted it. */
  readonly notices: readonly string[];
}

/** A first picture is not worth its time before. */
const LEAST_PREVIEW = 5;

/**
 * Checks a submission. What it names no file for goes to `runs/<id>/` in `io.home`, so that two runs do not write each other's files.
 *
 * @throws {ParameterError} with all mistakes at once @throws {UnsupportedError} with everything that is not built
 * @throws {DataError} for files that lead out of the data root or cannot be written
 */
export function planReconstruction(
  { tree, name, preview }: Submission,
  { id, files }: { readonly id: string; readonly files: FindFiles },
): PlannedRun {
  const placed = withOwnFolder(tree, { written: parsePtycho(tree), folder: `runs/${id}` });
  const parsed = parsePtycho(placed);
  const { p, written } = parsed;
  const { notices } = checkSupported(p, written);
  if (Object.keys(p.scans).length === 0) {
    throw new ParameterError([{ path: "scans", message: "found no scan, expected at least one" }]);
  }
  const ownName = p.run ?? name ?? id;
  planOutputs(p, { name: ownName, path: files(p.io.home).path });
  const total = sortedEngines(p).reduce((sum, [, { numiter }]) => sum + numiter, 0);
  const plot = preview === undefined ? Math.max(LEAST_PREVIEW, Math.ceil(total / 10)) : preview;
  return { name: ownName, tree: placed, parsed, plot, notices };
}

/** The tree with files in a folder of the run's own, where it names none. */
function withOwnFolder(
  tree: WrittenTree,
  { written: { p, written }, folder }: { readonly written: ParsedPtycho; readonly folder: string },
): WrittenTree {
  const io: Record<string, unknown> = isPlainObject(tree.io) ? { ...tree.io } : {};
  if (!written.has("io.rfile")) io.rfile = `${folder}/%(engine)s_%(iterations)04d.ptyr`;
  if (p.io.autosave.active && !written.has("io.autosave.rfile")) {
    const rfile = `${folder}/dumps/%(engine)s_%(iterations)04d.ptyr`;
    io.autosave = { ...isPlainObject(io.autosave) ? io.autosave : { active: true }, rfile };
  }
  return { ...tree, io };
}
