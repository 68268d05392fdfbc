/** The files in a folder below the data root that may be new data. Links that lead out of it are not followed. */

import { join, relative } from "node:path";
import { DataError } from "../core/errors.ts";
import { hasWholeExtent } from "../core/formats/hdf5_extent.ts";
import { readError } from "../core/formats/hdf5_signature.ts";
import type { FindFiles } from "./data_root.ts";
import { isTemporaryName, matchesPattern } from "./name_pattern.ts";

/** A file that was found. */
export interface FoundFile {
  /** How a run names it: relative to the data root. */
  readonly path: string;
  /** Another one after each writing: size and time, or an ETag. */
  readonly stamp: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** False if it is known not to be written to its end. */
  isWhole(): boolean;
}

/** A folder with more files or folders than that is no place to look for new ones every few seconds. */
const MOST_ENTRIES = 200_000;
const DEEPEST = 32;

/** Below the data root, where runs put what their trees name no place for. */
const RESULTS = "runs";

interface Walk {
  readonly files: FindFiles;
  readonly pattern: string;
  readonly signal: AbortSignal;
  /** Real folders on the way here and elsewhere: a link may lead in a circle. */
  readonly visited: Set<string>;
  readonly found: FoundFile[];
  entries: number;
}

/**
 * Files below `prefix` whose path from there has the pattern; none if there is no such folder yet. Hidden and temporary names, and empty
 * files, are left out.
 *
 * @throws {DataError} for a prefix out of the data root, a folder that cannot be read, or far too many files
 */
export async function listFolderFiles(
  { prefix, pattern }: { readonly prefix: string; readonly pattern: string },
  { files, signal }: { readonly files: FindFiles; readonly signal: AbortSignal },
): Promise<FoundFile[]> {
  const root = files("./").path(".");
  const top = files("./").path(prefix);
  const walk: Walk = { files, pattern, signal, visited: new Set(), found: [], entries: 0 };
  if (await statOf(top) !== null) await walkFolder(walk, { folder: top, below: "", root, depth: 0 });
  return walk.found;
}

async function walkFolder(
  walk: Walk,
  { folder, below, root, depth }: { folder: string; below: string; root: string; depth: number },
): Promise<void> {
  const real = await realPathOf(folder);
  if (real === null || walk.visited.has(real) || depth > DEEPEST) return;
  walk.visited.add(real);
  for (const { name, isSymlink } of await entriesOf(folder)) {
    walk.signal.throwIfAborted();
    if (isTemporaryName(name)) continue;
    if (++walk.entries > MOST_ENTRIES) throw tooMany(folder);
    const path = join(folder, name);
    const info = await statOf(path);
    if ((isSymlink || info?.isDirectory) && !isOpen(walk.files, relative(root, path))) continue;
    const from = below === "" ? name : `${below}/${name}`;
    if (info?.isDirectory) await walkFolder(walk, { folder: path, below: from, root, depth: depth + 1 });
    if (!info?.isFile || info.size === 0 || !matchesPattern(from, walk.pattern)) continue;
    const modified = info.mtime?.getTime() ?? 0;
    walk.found.push({
      path: relative(root, path),
      stamp: `${info.size} bytes at ${modified}`,
      modified,
      isWhole: () => isWhole(path),
    });
  }
}

/** Whether trees may name it, and runs do not put their results there: those would start runs without end. */
function isOpen(files: FindFiles, path: string): boolean {
  if (path === RESULTS) return false;
  try {
    files("./").path(path);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

/** A file that is gone again, or cannot be read yet, is not whole. */
function isWhole(path: string): boolean {
  try {
    return hasWholeExtent(path);
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw readError(folder, error);
  }
}

/** Null if it is gone, or a link that leads nowhere. */
async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw readError(path, error);
  }
}

async function realPathOf(path: string): Promise<string | null> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw readError(path, error);
  }
}

function tooMany(folder: string): DataError {
  const message =
    `Cannot look for new files in "${folder}": found more than ${MOST_ENTRIES} files and folders, expected ` +
    "fewer; choose a prefix with less below it";
  return new DataError(message, { folder });
}
