/**
 * Files that appear whole or not at all: everything is written under a temporary name in the same folder, flushed to the
 * disk and then renamed. A process that is killed in between leaves at most a hidden `.<name>.<random>.part` file.
 */

import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../errors.ts";

/** A file that is being written under a temporary name. Without `commit` nothing appears under its own name. */
export interface WholeFile {
  /** Where to write; does not exist yet. The writer must create and close it. */
  readonly temporaryPath: string;
  /**
   * Flushes the temporary file to the disk and gives it its name. `keepOld`: a file that was there before stays as
   * `<path>.old`. @throws {DataError} saying why it could not be written
   */
  commit(options?: { keepOld?: boolean }): void;
  /** Removes the temporary file. Harmless after `commit`. */
  abandon(): void;
}

/**
 * Begins to write a file that appears as a whole; the parent folders of `path` are made.
 *
 * @throws {DataError} naming the file and what to do, if the folder cannot be written or `path` is not a plain file
 */
export function beginWhole(path: string): WholeFile {
  const target = plainTarget(path);
  const folder = dirname(target);
  const temporaryPath = join(folder, `.${basename(target)}.${crypto.randomUUID().slice(0, 8)}.part`);
  try {
    Deno.mkdirSync(folder, { recursive: true });
    // The probe finds an unwritable folder before a writer library can hide the reason.
    Deno.writeFileSync(temporaryPath, new Uint8Array(0), { createNew: true });
    Deno.removeSync(temporaryPath);
  } catch (error) {
    throw writeError(path, error);
  }
  return {
    temporaryPath,
    commit(options = {}): void {
      try {
        syncToDisk(temporaryPath);
        if (options.keepOld) keepAsOld(target);
        Deno.renameSync(temporaryPath, target);
        syncToDisk(folder);
      } catch (error) {
        discard(temporaryPath);
        throw writeError(path, error);
      }
    },
    abandon: () => discard(temporaryPath),
  };
}

/**
 * Writes a file as a whole. `write` gets the path of a temporary file that does not exist yet, must create it and close
 * it; the parent folders of `path` are made. A file that was there before is replaced in one step.
 *
 * @throws {DataError} naming the file and what to do, if the folder cannot be written, the disk is full or `path` is not a
 *   plain file; errors of `write` that are already Exitwave errors pass unchanged. The temporary file is removed
 */
export function writeWhole(path: string, write: (temporaryPath: string) => void): void {
  const file = beginWhole(path);
  try {
    write(file.temporaryPath);
  } catch (error) {
    file.abandon();
    throw writeError(path, error);
  }
  file.commit();
}

/**
 * Looks, without touching anything, whether a file may have this name: it is no folder or device, and nothing but folders is
 * above it. Rights and a full disk are found only by writing.
 *
 * @throws {DataError} as `beginWhole`
 */
export function checkTarget(path: string): void {
  let folder = dirname(plainTarget(path));
  while (!isThere(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    if (!Deno.statSync(folder).isDirectory) throw new Deno.errors.NotADirectory("not a directory");
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Writes bytes or UTF-8 text as a whole file. @throws {DataError} as `writeWhole` */
export function writeBytesWhole(path: string, content: Uint8Array | string): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  writeWhole(path, (temporaryPath) => Deno.writeFileSync(temporaryPath, bytes));
}

/** The DataError that tells a user why `path` could not be written; Exitwave errors are returned as they are. */
export function writeError(path: string, error: unknown): Error {
  if (error instanceof Error && "_tag" in error) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  const because = (found: string, todo: string): DataError =>
    new DataError(`Cannot write "${path}": ${found}; ${todo}`, { file: path, found }, error);
  if (code === "ENOSPC" || code === "EDQUOT" || /no space left|disk quota|ENOSPC|EDQUOT/i.test(text)) {
    return because("found no space left on the disk", "free some space or choose another folder");
  }
  if (code === "EROFS" || /read-only file system/i.test(text)) {
    return because("found a read-only file system", "choose another folder");
  }
  if (error instanceof Deno.errors.NotCapable) {
    return because("found no write permission for this process", "run Deno with --allow-write");
  }
  if (error instanceof Deno.errors.PermissionDenied || /permission denied/i.test(text)) {
    return because("found a folder that may not be written", "change its permissions or choose another folder");
  }
  if (error instanceof Deno.errors.NotADirectory || /not a directory/i.test(text) || code === "EEXIST") {
    return because("found a file where a folder of the path should be", "choose another path");
  }
  if (code === "ENAMETOOLONG" || /name too long/i.test(text)) {
    return because("found a name that is too long", "choose a shorter one");
  }
  if (/NUL byte/i.test(text)) return because("found a NUL character in the name", "choose another name");
  if (error instanceof Deno.errors.NotFound) {
    return because("found a folder of the path that cannot be made", "choose another path");
  }
  return because(`found "${firstLine(text)}"`, "check the path and the disk");
}

/** The real path to replace: symbolic links are followed, devices and folders refused. */
function plainTarget(path: string): string {
  let real = resolve(path);
  let info: Deno.FileInfo;
  try {
    real = Deno.realPathSync(real);
    info = Deno.statSync(real);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return real;
    throw writeError(path, error);
  }
  if (info.isFile) return real;
  const found = info.isDirectory ? "a folder" : "a device or pipe";
  throw new DataError(`Cannot write "${path}": found ${found}, expected a file name; add a file name to the path`, {
    file: path,
    found,
  });
}

/** A second name, so that the file is never without one; a file system without hard links gets a rename. */
function keepAsOld(target: string): void {
  removeIfThere(`${target}.old`);
  try {
    Deno.linkSync(target, `${target}.old`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    Deno.renameSync(target, `${target}.old`);
  }
}

function syncToDisk(path: string): void {
  using file = Deno.openSync(path, { read: true });
  file.syncSync();
}

/** Removes a temporary file. A library that could not close it keeps it on the disk, so that it is emptied first. */
function discard(temporaryPath: string): void {
  try {
    Deno.truncateSync(temporaryPath, 0);
  } catch {
    // Not there any more: nothing to free.
  }
  removeIfThere(temporaryPath);
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    // What cannot be looked at is there: writing will say why not.
    return !(error instanceof Deno.errors.NotFound);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Not there, or not to be removed: the error that led here is the one to report.
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.trim();
}
