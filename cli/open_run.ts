/** From a parameter file and overrides to a run that is ready to start: parsed, checked, with its services. */

import { isAbsolute, join } from "node:path";
import { ParameterError } from "../core/errors.ts";
import type { LoaderServices } from "../core/loaders/loader.ts";
import { applyOverrides, loadParameterFile, type WrittenTree } from "../core/parameter_file.ts";
import { parsePtycho } from "../core/ptycho_params.ts";
import { createRandom } from "../core/random.ts";
import { checkSupported } from "../core/unsupported.ts";
import type { Run, RunServices } from "../workflows/local_run.ts";
import type { CliIo } from "./command.ts";

/** A run and what its stages may use. */
export interface OpenedRun {
  readonly run: Run;
  readonly services:
    & Required<Omit<LoaderServices, "scratch" | "modules">>
    & Pick<LoaderServices, "modules">
    & Pick<RunServices, "inspect" | "debug">;
  /** True if the services say what they are told by `log`. */
  readonly isVerbose: boolean;
}

/** From these values of `verbose_level` on the run says what it did, how things stand, and everything. */
const [INFO, INSPECT, DEBUG] = [3, 4, 5];

/** Reads, overrides and checks a parameter file. Defaults that are not built are named once on standard error. */
export function openRun(
  file: string,
  { io, overrides }: { readonly io: CliIo; readonly overrides: readonly string[] },
): OpenedRun {
  const tree = applyOverrides(loadParameterFile(file), overrides);
  return openTree(tree, { io, name: (file.split(/[/\\]/).at(-1) ?? file).replace(/\.[^.]+$/, "") });
}

/** The same for a tree that is no file; `name` is the run's if the tree gives none. */
export function openTree(tree: WrittenTree, { io, name }: { readonly io: CliIo; readonly name: string }): OpenedRun {
  const parsed = parsePtycho(tree);
  const { p, written } = parsed;
  const { notices } = checkSupported(p, written);
  if (Object.keys(p.scans).length === 0) {
    throw new ParameterError([{ path: "scans", message: "found no scan, expected at least one" }]);
  }
  if (p.verbose_level > 0) { for (const notice of notices) io.err(`note: ${notice}\n`); }
  const services: OpenedRun["services"] = {
    random: createRandom(p.seed),
    path: (relative) => isAbsolute(relative) ? relative : join(p.io.home, relative),
    log: (message) => p.verbose_level >= INFO && io.err(`${message}\n`),
    inspect: (message) => p.verbose_level >= INSPECT && io.err(`${message}\n`),
    debug: (message) => p.verbose_level >= DEBUG && io.err(`${message}\n`),
    warn: (message) => p.verbose_level > 0 && io.err(`note: ${message}\n`),
  };
  return { run: { parsed, tree, name: p.run ?? name }, services, isVerbose: p.verbose_level >= INFO };
}

/** Collects a repeated option. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
