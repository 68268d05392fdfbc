/** Loaders in files of the user's own: code that runs with all rights of this program, and only if he says so. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { DataError, ParameterError } from "../core/errors.ts";
import type { OpenModule } from "../core/loaders/module_scan.ts";
import { sortedScans } from "../functions/load.ts";
import type { CliIo } from "./command.ts";
import type { OpenedRun } from "./open_run.ts";

/** The flag as commander gives it. */
export interface ModuleFlags {
  readonly allowModules?: true;
}

/** Adds the flag to a command. */
export function withModuleOption(command: Command): Command {
  return command.option(
    "--allow-modules",
    "run loaders that data.name takes from .ts files of your own, without asking; they have all rights of this program",
  );
}

/**
 * Imports the modules that a run names, after its user was asked.
 *
 * @throws {ParameterError} if he says no, or cannot be asked @throws {DataError} for a module that is missing, broken or has no `open`
 */
export async function withUserModules(
  opened: OpenedRun,
  { io, flags }: { readonly io: CliIo; readonly flags: ModuleFlags },
): Promise<OpenedRun> {
  const modules = new Map<string, OpenModule>();
  for (const [label, { data }] of sortedScans(opened.run.parsed.p.scans)) {
    if (data?.name !== "ModuleScan" || data.module === null || modules.has(data.module)) continue;
    const file = resolve(opened.services.path(data.module));
    permit(file, { label, io, isAllowed: flags.allowModules === true });
    modules.set(data.module, await importOpen(file));
  }
  return modules.size === 0 ? opened : { ...opened, services: { ...opened.services, modules } };
}

function permit(
  file: string,
  { label, io, isAllowed }: { readonly label: string; readonly io: CliIo; readonly isAllowed: boolean },
): void {
  if (isAllowed) return;
  const question =
    `scan ${label} is loaded by code in "${file}", which would run with all rights of this program. Run it?`;
  if (io.ask?.(question)) return;
  const message = `found code in "${file}", expected your word that it may run: --allow-modules`;
  throw new ParameterError([{ path: `scans.${label}.data.name`, message }]);
}

async function importOpen(file: string): Promise<OpenModule> {
  let found: { open?: unknown };
  try {
    // A folder is no module, and a file that is missing deserves a plain word.
    Deno.statSync(file);
    found = await import(pathToFileURL(file).href);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const what = isMissing ? "no such file" : error instanceof Error ? error.message : String(error);
    throw new DataError(
      `Cannot load by "${file}": found ${what}, expected a module that exports open()`,
      { file },
      error,
    );
  }
  if (typeof found.open === "function") return found.open as OpenModule;
  const names = Object.keys(found).join(", ") || "nothing";
  throw new DataError(`Cannot load by "${file}": found exports ${names}, expected open(p, services)`, { file });
}
