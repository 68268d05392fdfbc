/**
 * Files that appear whole or not at all: everything is written under a temporary name in the same folder, flushed to the
 * disk and then renamed. A process that is killed in between leaves at most a hidden `.<name>.<random>.part` file.
 */

import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../errors.ts";

/**
 * Writes a file as a whole. `write` gets the path of a temporary file that does not exist yet, must create it and close
 * it; the parent folders of `path` are made. A file that was there before is replaced in one step.
 *
 * @throws {DataError} naming the file and what to do, if the folder cannot be written, the disk is full or `path` is not a
 *   plain file; errors of `write` that are already Exitwave errors pass unchanged. The temporary file is removed
 */
export function writeWhole(path: string, write: (temporaryPath: string) => void): void {
  const target = plainTarget(path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${crypto.randomUUID().slice(0, 8)}.part`);
  try {
    Deno.mkdirSync(folder, { recursive: true });
    // The probe finds an unwritable folder before a writer library can hide the reason.
    Deno.writeFileSync(temporary, new Uint8Array(0), { createNew: true });
    Deno.removeSync(temporary);
    write(temporary);
    syncToDisk(temporary);
    Deno.renameSync(temporary, target);
    syncToDisk(folder);
  } catch (error) {
    removeIfThere(temporary);
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

function syncToDisk(path: string): void {
  using file = Deno.openSync(path, { read: true });
  file.syncSync();
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      // The first error is the one to report; this one would only hide it.
      return;
    }
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.trim();
}
