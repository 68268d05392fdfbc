/** Where the files of parameter trees may lie: anywhere for who runs Exitwave himself, below one folder for a server. */

import { basename, dirname, isAbsolute, join, relative, resolve, sep as SEPARATOR } from "node:path";
import { DataError, isPtychoError } from "../core/errors.ts";

/** Finds files for a tree whose `io.home` is `home`. */
export type FindFiles = (home: string) => { path(reference: string): string };

/** Files anywhere: relative paths start in `io.home`. */
export const anywhere: FindFiles = (home) => ({
  path: (reference) => isAbsolute(reference) ? reference : join(home, reference),
});

/**
 * Files below a folder only, wherever links lead: relative paths start in `io.home`, which itself starts in the folder. What is not there
 * yet counts as where its nearest folder really is.
 *
 * @param closed folders of the server itself, which no tree may read or write wherever they are
 * @throws {DataError} (of what is returned) for a path that leads out of the folder or into a closed one, naming it as the user wrote it
 */
export function below(root: string, closed: readonly string[] = []): FindFiles {
  const real = Deno.realPathSync(root);
  const own = closed.map(realPlace);
  const refused = (reference: string, where: string) =>
    new DataError(`Cannot use "${reference}": found a path that leads ${where}, expected one below the data root`, {
      file: reference,
    });
  return (home) => ({
    path(reference) {
      const path = resolve(real, home, reference);
      const place = isInside(real, path) ? realPlace(path) : null;
      if (place === null || !isInside(real, place)) throw refused(reference, "out of the data root");
      if (own.some((folder) => isInside(folder, place))) throw refused(reference, "into a folder of the server itself");
      return path;
    },
  });
}

/** Whether trees may name a file; then what they name may lead to it. The path is absolute. */
export function isAllowed(files: FindFiles, path: string): boolean {
  try {
    files(".").path(path);
    return true;
  } catch (error) {
    if (isPtychoError(error, "DataError")) return false;
    throw error;
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${SEPARATOR}`) && !isAbsolute(way);
}

/** The path with every link followed, as far as there is something. A link that leads nowhere counts as where it points. */
export function realPlace(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (e) {
    if (!(e instanceof Deno.errors.NotFound || e instanceof Deno.errors.NotADirectory)) throw outside(path, e);
  }
  const target = linkTarget(path);
  if (target !== null) return realPlace(resolve(dirname(path), target));
  const parent = dirname(path);
  return parent === path ? path : join(realPlace(parent), basename(path));
}

function linkTarget(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    // Not there, or no link.
    return null;
  }
}

function outside(path: string, cause: unknown): DataError {
  return new DataError(`Cannot use "${path}": found a path that cannot be followed, expected one below the data root`, {
    file: path,
  }, cause);
}
