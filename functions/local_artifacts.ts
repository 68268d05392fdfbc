/**
 * Artifacts as files below a folder, under their keys. A file is written under `~new`, flushed and given its name by a hard
 * link, which fails if the name is taken: of any number of processes one succeeds, and a killed one leaves at most a
 * temporary file. Names with "~" can be no keys.
 */

import { join } from "node:path";
import { DataError } from "../core/errors.ts";
import { writeError } from "../core/formats/atomic_file.ts";
import { readError } from "../core/formats/hdf5_signature.ts";
import {
  type ArtifactInfo,
  type ArtifactStore,
  checkKey,
  checkPrefix,
  isKey,
  type LocalArtifact,
} from "./artifacts.ts";
import { type ConfinedFolder, confineTo, syncToDisk } from "./confined_folder.ts";
import { isOfSystem, removeIfThere, writeFile } from "./written_file.ts";

/** Files that are being written. */
const NEW = "~new";

/** Second names of artifacts that are in use, so that they outlive their removal. */
const HELD = "~held";

/** Locked while a file gets its name, where there are no hard links. */
const LOCK = "~lock";

/** So often a folder is made again for a file that others take away while it is empty. */
const MOST_ATTEMPTS = 100;

/** A temporary file that nobody has written to for so long was left by a killed process. */
const LEFT_OVER_MS = 3_600_000;

/**
 * A store in `folder`, which is made if it is missing. What killed processes left in it is removed: temporary files after an
 * hour, the rest at once. A symbolic link in it is refused, and left out of lists.
 *
 * @throws {DataError} if the folder cannot be made
 */
export function createLocalArtifacts(folder: string): ArtifactStore {
  const place = confineTo(folder);
  removeLeftOvers(place);
  return {
    async publish(key, write) {
      checkKey(key);
      if (findFile(place, key, { refuseFolder: true })) return false;
      place.makeParents(`${NEW}/file`);
      const temporary = join(place.root, NEW, crypto.randomUUID());
      try {
        await writeFile({ key, path: temporary, name: place.path(key) }, write);
        return give(place, key, temporary);
      } catch (error) {
        throw isOfSystem(error) ? writeError(place.path(key), error) : error;
      } finally {
        removeIfThere(temporary);
      }
    },
    // deno-lint-ignore require-await -- so that errors reject
    async fetch(key, signal) {
      checkKey(key);
      signal?.throwIfAborted();
      return findFile(place, key) ? hold(place, key) : null;
    },
    // deno-lint-ignore require-await -- so that errors reject
    async has(key) {
      checkKey(key);
      return findFile(place, key) !== null;
    },
    list(prefix) {
      checkPrefix(prefix);
      return listBelow(place, "", prefix);
    },
    // deno-lint-ignore require-await -- so that errors reject
    async remove(key) {
      checkKey(key);
      if (!findFile(place, key)) return;
      try {
        Deno.removeSync(place.path(key));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw writeError(place.path(key), error);
      }
      removeEmptyFolders(place, key);
    },
  };
}

/** Folders of keys that are left empty go too: a thousand runs would leave thousands of them. */
function removeEmptyFolders(place: ConfinedFolder, key: string): void {
  const parts = key.split("/");
  for (let count = parts.length - 1; count > 0; count--) {
    try {
      Deno.removeSync(place.path(parts.slice(0, count).join("/")));
    } catch {
      // Something else is in it, or it may not be removed: it is no artifact.
      return;
    }
  }
}

/** The file of a key, null if there is none; a folder of that name is none either, or refused. */
function findFile(place: ConfinedFolder, key: string, { refuseFolder = false } = {}): Deno.FileInfo | null {
  const info = place.look(key);
  if (info === null || info.isFile) return info;
  if (info.isDirectory && !refuseFolder) return null;
  const path = place.path(key);
  const found = info.isDirectory ? "a folder of other artifacts" : "a device or pipe";
  throw new DataError(`Cannot use "${path}" as an artifact: found ${found}, expected a file`, { file: path });
}

/** Gives a written file its name; false if the name is taken. */
function give(place: ConfinedFolder, key: string, temporary: string): boolean {
  syncToDisk(temporary);
  const target = place.path(key);
  for (let attempt = 1;; attempt++) {
    place.makeParents(key);
    try {
      Deno.linkSync(temporary, target);
      break;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      if (error instanceof Deno.errors.NotFound) {
        // Somebody removed the last artifact of the folder meanwhile, and the folder with it.
        if (attempt < MOST_ATTEMPTS) continue;
        throw error;
      }
      if (!renameIfFree(place, key, temporary)) return false;
      break;
    }
  }
  syncToDisk(join(target, ".."));
  return true;
}

/** For file systems without hard links (FAT, some network ones). A lock of the system, because it ends with its process. */
function renameIfFree(place: ConfinedFolder, key: string, temporary: string): boolean {
  using lock = Deno.openSync(join(place.root, LOCK), { write: true, create: true });
  lock.lockSync(true);
  if (findFile(place, key, { refuseFolder: true })) return false;
  Deno.renameSync(temporary, place.path(key));
  return true;
}

/**
 * Gives an artifact a second name until it is disposed of. The lock says that somebody lives who holds it; it is taken before
 * the name exists, so that a process that starts meanwhile does not take it for a left-over.
 */
function hold(place: ConfinedFolder, key: string): LocalArtifact | null {
  const path = place.path(key);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw readError(path, error);
  }
  const bytes = file.statSync().size;
  let held = join(place.root, HELD, crypto.randomUUID());
  let isHeld = true;
  try {
    file.lockSync(false);
    place.makeParents(`${HELD}/file`);
    Deno.linkSync(path, held);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      file.close();
      return null;
    }
    // No hard links, no locks, or a store that may only be read: the artifact is used under its own name.
    [held, isHeld] = [path, false];
  }
  let isDisposed = false;
  return {
    path: held,
    bytes,
    [Symbol.dispose]() {
      if (isDisposed) return;
      isDisposed = true;
      if (isHeld) removeIfThere(held);
      file.close();
    },
  };
}

/** The artifacts below the folder `above` ("" or ending in a slash) whose keys begin with `prefix`. */
async function* listBelow(place: ConfinedFolder, above: string, prefix: string): AsyncGenerator<ArtifactInfo> {
  for (const name of namesIn(place, above)) {
    const key = above + name;
    if (name.endsWith("/")) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* listBelow(place, key, prefix);
    } else if (key.startsWith(prefix) && isKey(key)) {
      const info = findFile(place, key);
      if (info) yield { key, bytes: info.size, modified: info.mtime ?? new Date(0) };
    }
  }
}

/** Files and folders, the latter with a slash: so sorted, whole keys come in order. */
function namesIn(place: ConfinedFolder, above: string): string[] {
  const path = above === "" ? place.root : place.path(above.slice(0, -1));
  try {
    return [...Deno.readDirSync(path)].filter(({ name, isFile, isDirectory }) => isKey(name) && (isFile || isDirectory))
      .map(({ name, isDirectory }) => isDirectory ? `${name}/` : name).sort();
  } catch (error) {
    if (above !== "" && error instanceof Deno.errors.NotFound) return [];
    throw readError(path, error);
  }
}

function removeLeftOvers(place: ConfinedFolder): void {
  const isOld = (path: string): boolean => Date.now() - (Deno.lstatSync(path).mtime?.getTime() ?? 0) > LEFT_OVER_MS;
  removeWhere(place, NEW, isOld);
  removeWhere(place, HELD, (path) => {
    using file = Deno.openSync(path, { read: true });
    return file.tryLockSync(true);
  });
}

function removeWhere(place: ConfinedFolder, name: string, isLeftOver: (path: string) => boolean): void {
  if (!place.look(name)?.isDirectory) return;
  for (const entry of Deno.readDirSync(place.path(name))) {
    const path = join(place.path(name), entry.name);
    try {
      if (entry.isFile && isLeftOver(path)) Deno.removeSync(path);
    } catch {
      // Another process removed it, or it may not be removed: the next start tries again.
    }
  }
}
