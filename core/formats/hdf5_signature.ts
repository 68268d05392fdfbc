/** Looks at a file before the HDF5 library does, so that the usual mistakes get a sentence and not a stack. */

import { basename, dirname } from "node:path";
import { DataError } from "../errors.ts";
import { nearestNames } from "./nearest_names.ts";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** What a file that is not HDF5 may be, by its first bytes. */
const OTHER_FORMATS: readonly (readonly [readonly number[], string])[] = [
  [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "a NumPy .npy file"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive (.npz?)"],
  [[0x49, 0x49, 0x2a, 0x00], "a TIFF picture"],
  [[0x4d, 0x4d, 0x00, 0x2a], "a TIFF picture"],
  [[0x89, 0x50, 0x4e, 0x47], "a PNG picture"],
  [[0x43, 0x44, 0x46], "a netCDF classic file"],
  [[0x1f, 0x8b], "a gzip archive"],
  [[0x7b], "text that begins like JSON"],
];

/**
 * Checks that `path` is a readable file with an HDF5 signature (at byte 0, or 512, 1024, ... after a user block).
 *
 * @throws {DataError} naming the file, what was found and what to do
 */
export function checkHdf5Signature(path: string): void {
  const info = statOf(path);
  const found = (what: string, todo: string): DataError =>
    new DataError(`Cannot open "${path}": found ${what}, expected an HDF5 file; ${todo}`, { file: path, found: what });
  if (info.isDirectory) throw found("a folder", "name a file inside it");
  if (!info.isFile) throw found("a device or pipe", "name a plain file");
  if (info.size === 0) throw found("an empty file", "it was probably never written completely: make it again");
  using file = openToRead(path);
  const first = bytesAt(file, 0, 16);
  if (startsWith(first, SIGNATURE)) return;
  for (let offset = 512; offset < info.size; offset *= 2) {
    if (startsWith(bytesAt(file, offset, 8), SIGNATURE)) return;
  }
  if (startsWith(SIGNATURE, [...first]) || first.every((byte) => byte === 0)) {
    throw found("a damaged or truncated file", "copy or make it again");
  }
  const other = OTHER_FORMATS.find(([start]) => startsWith(first, start))?.[1];
  throw found(other ?? `other content (first bytes "${printable(first)}")`, "check the file name");
}

/** Whether there is a file; false also where nobody may look. */
export function existsAsFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // Who then opens it is told why.
  }
}

function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw readError(path, error);
  }
}

function openToRead(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    throw readError(path, error);
  }
}

/** The DataError that tells a user why `path` could not be read. */
export function readError(path: string, error: unknown): DataError {
  if (error instanceof Deno.errors.NotFound) {
    const near = nearestNames(basename(path), siblings(path));
    const hint = near.length > 0 ? `did you mean ${near.map((n) => `"${n}"`).join(" or ")}?` : "check the path";
    return new DataError(`Cannot open "${path}": found no such file; ${hint}`, { file: path, near }, error);
  }
  if (error instanceof Deno.errors.NotCapable) {
    const text = `Cannot open "${path}": found no read permission for this process; run Deno with --allow-read`;
    return new DataError(text, { file: path }, error);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    const text = `Cannot open "${path}": found a file that may not be read; change its permissions`;
    return new DataError(text, { file: path }, error);
  }
  const text = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
  return new DataError(`Cannot open "${path}": found "${text}", expected a readable file`, { file: path }, error);
}

function siblings(path: string): string[] {
  try {
    return [...Deno.readDirSync(dirname(path))].filter((e) => !e.name.startsWith(".")).map((e) => e.name);
  } catch {
    return []; // Without a folder there is nothing to suggest; the missing file itself is reported.
  }
}

function bytesAt(file: Deno.FsFile, offset: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  file.seekSync(offset, Deno.SeekMode.Start);
  return bytes.subarray(0, file.readSync(bytes) ?? 0);
}

function startsWith(bytes: ArrayLike<number>, start: readonly number[]): boolean {
  return bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte);
}

function printable(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("");
}
