/** From a submitted parameter tree to what a run is made of: parsed, checked, with a place for its files. */

import { ParameterError } from "../core/errors.ts";
import type { WrittenTree } from "../core/parameter_file.ts";
import { isPlainObject } from "../core/parameters/structure.ts";
import { type ParsedPtycho, parsePtycho, type PtychoParams } from "../core/ptycho_params.ts";
import { checkSupported } from "../core/unsupported.ts";
import type { FindFiles } from "./data_root.ts";
import { planOutputs } from "./output_files.ts";
import { checkDeclaredSize, type RunLimits } from "./run_limits.ts";
import { simulatedScans } from "./simulate.ts";

/** What is submitted. */
export interface Submission {
  readonly tree: WrittenTree;
  /** Name of the run in file names, where the tree has none; its id if left out. */
  readonly name?: string | undefined;
}

/** What a submission is checked against. */
export interface SubmissionOptions {
  readonly id: string;
  readonly files: FindFiles;
  /** How large it may be. */
  readonly limits: RunLimits;
}

/** A run to be. */
export interface PlannedRun {
  /** Name in file names. */
  readonly name: string;
  /** As it is published: with the run's own folder where the tree names no files. */
  readonly tree: WrittenTree;
  readonly p: PtychoParams;
  /** Files that the tree names, which another run may name too; absolute paths. */
  readonly outputs: readonly string[];
}

/** The folder of a run in `io.home`, for files that its tree does not name. */
export function ownFolder(id: string): string {
  return `runs/${id}`;
}

/**
 * Checks a submission. What it names no file for goes to a folder of the run's own, so that two runs do not write each other's files.
 *
 * @throws {ParameterError} with all mistakes at once @throws {UnsupportedError} with everything that is not built
 * @throws {DataError} for files that lead out of the data root or cannot be written
 */
export function planReconstruction({ tree, name }: Submission, { id, files, limits }: SubmissionOptions): PlannedRun {
  const given = parsePtycho(tree);
  const placed = withOwnFolder(tree, { given, folder: ownFolder(id) });
  const p = checked(parsePtycho(placed), limits);
  const planned = planOutputs(p, { name: p.run ?? name ?? id, path: files(p.io.home).path });
  const { results, autosave } = planned;
  const outputs = [
    ...given.written.has("io.rfile") ? results : [],
    ...given.written.has("io.autosave.rfile") && autosave !== null ? [autosave] : [],
  ];
  return { name: p.run ?? name ?? id, tree: placed, p, outputs };
}

/**
 * Checks the submission of a simulation.
 *
 * @throws as `planReconstruction` does
 */
export function planSimulation({ tree, name }: Submission, { id, files, limits }: SubmissionOptions): PlannedRun {
  const p = checked(parsePtycho(tree), limits);
  const { path } = files(p.io.home);
  path(ownFolder(id));
  const outputs = simulatedScans(p).flatMap(({ data: { dfile } }) => dfile === null ? [] : [path(dfile)]);
  return { name: p.run ?? name ?? id, tree, p, outputs };
}

/** Iterations between two pictures of a run of so many: a tenth, but a first one is not worth its time before 5. */
export function previewInterval(total: number): number {
  return Math.max(5, Math.ceil(total / 10));
}

function checked({ p, written }: ParsedPtycho, limits: RunLimits): PtychoParams {
  checkSupported(p, written);
  refuseModules(p);
  if (Object.keys(p.scans).length === 0) {
    throw new ParameterError([{ path: "scans", message: "found no scan, expected at least one" }]);
  }
  checkDeclaredSize(p, limits);
  return p;
}

/** Code of a caller never runs at a server. */
function refuseModules({ scans }: PtychoParams): void {
  const issues = Object.entries(scans).flatMap(([label, { data }]) => {
    if (data?.name !== "ModuleScan") return [];
    const message = `found "${data.module}", code of your own, expected a loader: a server runs no code of its callers`;
    return [{ path: `scans.${label}.data.name`, message }];
  });
  if (issues.length > 0) throw new ParameterError(issues);
}

/** The tree with files in a folder of the run's own, where it names none. */
function withOwnFolder(
  tree: WrittenTree,
  { given: { p, written }, folder }: { readonly given: ParsedPtycho; readonly folder: string },
): WrittenTree {
  const io: Record<string, unknown> = isPlainObject(tree.io) ? { ...tree.io } : {};
  if (!written.has("io.rfile")) io.rfile = `${folder}/%(engine)s_%(iterations)04d.ptyr`;
  if (p.io.autosave.active && !written.has("io.autosave.rfile")) {
    const rfile = `${folder}/dumps/%(engine)s_%(iterations)04d.ptyr`;
    io.autosave = { ...isPlainObject(io.autosave) ? io.autosave : { active: true }, rfile };
  }
  return { ...tree, io };
}
