/** What a run in this process is known by, and its folder: journal and artifacts until it is done. */

import { join } from "node:path";
import type { Json } from "../core/json.ts";
import { VERSION } from "../core/version.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import { publishParameters } from "../functions/parameters.ts";
import { filesNamedIn } from "../functions/prepare_files.ts";
import { hashOf, runPrefix } from "../functions/stage.ts";
import type { Run } from "./local_run.ts";
import type { Orchestrator } from "./orchestrator.ts";
import { recipeOf, type RunInput } from "./recipe.ts";

/** Name of the workflow in the journal. */
export const RECONSTRUCT = "reconstruct";

/** Where runs keep their journals and artifacts until they are done, below `io.home`. */
const FOLDER = ".exitwave";

/** Folder of the journal and the artifacts of a run, below `io.home`. */
export function runFolder(id: string): string {
  return join(FOLDER, id);
}

/** Folders beside `folder` of runs of the same name, but with other parameters or data, that ended before their end. */
export function otherFolders(folder: string): string[] {
  const [, id] = /([^/\\]+)$/.exec(folder)!;
  const name = id!.slice(0, -HASH_DIGITS);
  const above = join(folder, "..");
  return [...Deno.readDirSync(above)].map((entry) => entry.name)
    .filter((other) => other !== id && other.startsWith(name) && isHash(other.slice(name.length)))
    .map((other) => join(above, other));
}

function isHash(text: string): boolean {
  return text.length === HASH_DIGITS && /^[0-9a-f]+$/.test(text);
}

const HASH_DIGITS = 16;

/**
 * What says that two runs are the same: name, parameters, version, and size and time of the data files. A run with another of these is
 * another run.
 */
export function identityOf({ name, tree, parsed: { p } }: Run, path: (relative: string) => string): string {
  const files = sourcesOf(p, path).sort().map((file) => [file, ...stampOf(file)]);
  return `${keyPart(name).slice(0, 60)}-${
    hashOf({ name, tree: tree as Json, version: VERSION, files }).slice(0, HASH_DIGITS)
  }`;
}

/** The input of a run; publishes its parameters. */
export async function inputOf(
  { name, tree, parsed: { p } }: Run,
  { id, store, now }: { readonly id: string; readonly store: ArtifactStore; readonly now: Date },
): Promise<RunInput> {
  return {
    run: id,
    parameters: await publishParameters(store, { run: id, name, tree }),
    started: now.toISOString(),
    ...recipeOf(p),
    plot: null,
  };
}

/** Forgets a run of an open journal: its artifacts and its place in the journal. */
export async function forgetRun(
  runs: Orchestrator,
  { id, store }: { readonly id: string; readonly store: ArtifactStore },
): Promise<void> {
  if (await runs.view(id) === null) return;
  await runs.cancel(id);
  for await (const { key } of store.list(runPrefix(id))) await store.remove(key);
  await runs.remove(id);
}

/** Removes the folder of a run whose journal is closed, and the folder above with the last of them. */
export function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
    Deno.removeSync(join(folder, ".."));
  } catch (e) {
    // Another run is there, or was quicker.
    if (!(e instanceof Deno.errors.NotFound) && !isNotEmpty(e)) throw e;
  }
}

function isNotEmpty(e: unknown): boolean {
  return (e as { code?: unknown } | null)?.code === "ENOTEMPTY";
}

/** A part of a key: what keys cannot hold is replaced. */
function keyPart(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, "_").replace(/^_*(?=[A-Za-z0-9])/, "") || "run";
}

/** Files that scans are read from. */
function sourcesOf({ scans }: Run["parsed"]["p"], path: (relative: string) => string): string[] {
  return Object.values(scans).flatMap(({ data }) => {
    if (data === null) return [];
    // A file that is saved to changes with the run.
    return filesNamedIn({ ...data, dfile: data.save === null ? data.dfile : null }, path);
  });
}

/** Size and time of a file; nothing if there is none. */
function stampOf(file: string): number[] {
  try {
    const { size, mtime } = Deno.statSync(file);
    return [size, mtime?.getTime() ?? 0];
  } catch {
    // A file that is yet to be written, or one that loading will complain of.
    return [];
  }
}
