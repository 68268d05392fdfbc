/**
 * A folder that nothing leads out of: every part of a path below it is looked at before use, and a symbolic link is refused
 * wherever it points. (Who may write into the folder while we look can still race us; that is our own account.)
 */

import { join } from "node:path";
import { DataError } from "../core/errors.ts";
import { writeError } from "../core/formats/atomic_file.ts";
import { readError } from "../core/formats/hdf5_signature.ts";

/** Paths below one folder; a `key` is parts joined by "/", checked by the caller to have no "." or "..". */
export interface ConfinedFolder {
  /** Its real path. */
  readonly root: string;
  /** Where a key lies. */
  path(key: string): string;
  /**
   * What is under a key, null if there is nothing.
   *
   * @throws {DataError} if a symbolic link is on the way or at its end, the folder itself is gone, or it cannot be read
   */
  look(key: string): Deno.FileInfo | null;
  /** Makes the folders above a key, so that they last. @throws {DataError} if a file or a symbolic link is in the way, or as writing does */
  makeParents(key: string): void;
}

/** Confines to `folder`, which is made if it is missing; it may itself be a symbolic link. @throws {DataError} if it cannot be made */
export function confineTo(folder: string): ConfinedFolder {
  let root = folder;
  try {
    Deno.mkdirSync(folder, { recursive: true });
    root = Deno.realPathSync(folder);
  } catch (error) {
    throw writeError(folder, error);
  }
  const path = (key: string): string => join(root, ...key.split("/"));
  return {
    root,
    path,
    look(key) {
      let info: Deno.FileInfo | null = null;
      for (const part of prefixes(key)) {
        info = lookAt(path(part));
        if (info?.isSymlink) throw leadsOut(path(part));
        if (!info?.isDirectory) return part === key ? info ?? absent(root) : absent(root);
      }
      return info;
    },
    makeParents(key) {
      for (const parent of prefixes(key).slice(0, -1)) makeFolder(path(parent), root);
    },
  };
}

/** Flushes a file or a folder to the disk: of a folder, the names in it. */
export function syncToDisk(path: string): void {
  using file = Deno.openSync(path, { read: true });
  file.syncSync();
}

/** Null, if the root is there: a store whose disk is not mounted must not look empty. */
function absent(root: string): null {
  if (lookAt(root)?.isDirectory) return null;
  throw new DataError(`Cannot open "${root}": found no such folder; was it removed or its disk unmounted?`, {
    file: root,
  });
}

function makeFolder(path: string, root: string): void {
  absent(root);
  try {
    Deno.mkdirSync(path);
    syncToDisk(join(path, ".."));
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw writeError(path, error);
    const info = lookAt(path);
    if (info?.isSymlink) throw leadsOut(path);
    if (!info?.isDirectory) {
      throw new DataError(`Cannot write below "${path}": found a file, expected a folder`, { file: path });
    }
  }
}

/** `a`, `a/b`, `a/b/c` of `a/b/c`. */
function prefixes(key: string): string[] {
  const parts = key.split("/");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw readError(path, error);
  }
}

function leadsOut(path: string): DataError {
  const text = `Cannot open "${path}": found a symbolic link, expected a file or folder of the store; remove the link`;
  return new DataError(text, { file: path });
}
