/** The file that a publisher writes before a store takes it. */

import { writeError } from "../core/formats/atomic_file.ts";

/** Where it goes. */
export interface WriteTarget {
  readonly key: string;
  /** Path of the new file; must not exist. */
  readonly path: string;
  /** Names the artifact in errors, where the path would tell nothing. */
  readonly name: string;
}

/**
 * Lets `write` make the file.
 *
 * @returns its bytes
 * @throws {TypeError} if there is none afterwards @throws {DataError} for errors of the system; others pass unchanged
 */
export async function writeFile(
  { key, path, name }: WriteTarget,
  write: (path: string) => void | Promise<void>,
): Promise<number> {
  try {
    await write(path);
    const info = lookAt(path);
    if (info?.isFile) return info.size;
  } catch (error) {
    throw isOfSystem(error) ? writeError(name, error) : error;
  }
  throw new TypeError(
    `Cannot publish "${key}": found no file after write(), expected one at the path that it was given`,
  );
}

/** Removes a file; harmless if it is not there or may not be removed. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Temporary files are removed again when the store is opened.
  }
}

/** An error of the operating system, as opposed to one of the code that wrote. */
export function isOfSystem(error: unknown): boolean {
  return error instanceof Error && (typeof (error as { code?: unknown }).code === "string" ||
    Object.values(Deno.errors).some((kind) => error instanceof kind));
}

function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
