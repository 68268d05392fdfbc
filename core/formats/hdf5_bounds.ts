/**
 * What the HDF5 library may open in this process, and how much is read at once. A file can lead to others by external links, virtual data
 * sets and external storage, all of which the library follows by itself, and it can declare sizes that nothing in it bears out. Whoever
 * reads files of people he does not trust sets bounds once, before the first is opened; without bounds everything is followed and read.
 *
 * The bounds are the process's because the library is: it opens what it likes in the middle of any call.
 */

import { join } from "node:path";
import { DataError } from "../errors.ts";

/** Bounds of a process. */
export interface Hdf5Bounds {
  /** Whether files may lead to a file, links of the file system followed. The path is absolute. */
  readonly mayOpen: (path: string) => boolean;
  /** Whether we may open a file by its name; those that `mayOpen` if left out. */
  readonly mayName?: (path: string) => boolean;
  /** Most bytes of an array, and of all values of a tree, that are held at once. */
  readonly mostBytes: number;
  /** Folder for what the library writes down before it throws it; /tmp if left out. */
  readonly temporary?: string;
}

const NONE: Hdf5Bounds = { mayOpen: () => true, mostBytes: Infinity };

let bounds = NONE;

/** The file that is being opened by its name. */
let named: string | null = null;

/** What the library was kept from opening in the call that it is in. */
let refused: string | null = null;

/** Sets the bounds of this process; disposing of what is returned lifts them. @throws {TypeError} if there are some */
export function boundHdf5(wanted: Hdf5Bounds): Disposable {
  if (bounds !== NONE) throw new TypeError("Cannot bound HDF5: found bounds that are set already");
  bounds = wanted;
  return {
    [Symbol.dispose]() {
      bounds = NONE;
    },
  };
}

/** Asked for every file that the library opens; a refusal is remembered for `throwRefusal`. */
export function mayOpen(path: string): boolean {
  if (path === named || bounds.mayOpen(path)) return true;
  refused = path;
  return false;
}

/** Where a file of the library's own really is; null for files of others. */
export function placeOfOwn(path: string): string | null {
  const name = /^\/tmp\/(tmpfile_\w+)$/.exec(path)?.[1];
  if (name === undefined) return null;
  return bounds.temporary === undefined ? path : join(bounds.temporary, name);
}

/** Throws what the library made of a refusal something else of: a missing object, or zeros. @throws {DataError} naming the file */
export function throwRefusal(): void {
  if (refused === null) return;
  const path = refused;
  refused = null;
  throw new DataError(
    `Cannot read through a link of an HDF5 file: found that it leads to "${path}", which is out of bounds here, expected a ` +
      "file below the data root",
    { file: path },
  );
}

/** Opens a file by its name, which no link has led to. @throws {DataError} if it is out of bounds */
export function byName<T>(path: string, open: () => T): T {
  const { mayName = bounds.mayOpen } = bounds;
  if (!mayName(path)) checkMayOpen(path);
  named = path;
  try {
    return open();
  } finally {
    named = null;
  }
}

/** @throws {DataError} if a file may not be opened */
export function checkMayOpen(path: string): void {
  mayOpen(path);
  throwRefusal();
}

/** Checks a size before memory is taken for it. @throws {DataError} naming it */
export function checkBytes(
  bytes: number,
  { file, dataset }: { readonly file: string; readonly dataset: string },
): void {
  if (bytes <= bounds.mostBytes) return;
  throw new DataError(
    `Cannot read "${dataset}" in "${file}": found ${bytes} bytes to hold at once, expected at most ${bounds.mostBytes}; ` +
      "see limits.read",
    { file, dataset, found: bytes, expected: bounds.mostBytes, setting: "limits.read" },
  );
}
