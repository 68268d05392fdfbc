/** Data sets that a reader looks for, and what to say where they are not. */

import { DataError } from "../errors.ts";
import { type Hdf5File, join } from "./hdf5.ts";
import { nearestNames } from "./nearest_names.ts";

/** A file has at most so many names that are looked at to find the nearest. */
const MOST_NAMES = 2000;

/** What is looked for. */
export interface Wanted {
  /** In words: "the energy". */
  readonly what: string;
  /** Paths where it may be, the first choice first. */
  readonly paths: readonly string[];
  /** What the user can do: "write data.energy". */
  readonly remedy: string;
}

/** The first of the paths with a data set; null if there is none. */
export function findDataset(file: Hdf5File, paths: readonly string[]): string | null {
  return paths.find((path) => file.kind(path) === "dataset") ?? null;
}

/** The same, required. @throws {DataError} with the paths that were looked at and the nearest names that there are */
export function requireDataset(file: Hdf5File, { what, paths, remedy }: Wanted): string {
  const found = findDataset(file, paths);
  if (found !== null) return found;
  const looked = paths.map((path) => `"${path}"`).join(" or ");
  const text = `Cannot read ${what} of "${file.path}": found no data set ${looked}${hint(file, paths)}; ${remedy}`;
  throw new DataError(text, { file: file.path, dataset: paths[0], found: null, expected: paths });
}

function hint(file: Hdf5File, paths: readonly string[]): string {
  const all = datasetNames(file);
  const leaf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  const near = paths.flatMap((path) => [
    ...nearestNames(path, all, 2),
    ...all.filter((name) => leaf(name) === leaf(path)).slice(0, 2),
  ]);
  const few = [...new Set(near)].slice(0, 3);
  if (few.length > 0) return `, the nearest are ${few.map((name) => `"${name}"`).join(", ")}`;
  const some = all.slice(0, 5);
  if (some.length === 0) return ", and no data set at all";
  return `; there are ${some.map((name) => `"${name}"`).join(", ")}${all.length > some.length ? " and others" : ""}`;
}

/** Paths of data sets, objects that several names lead to under the first of them. */
function datasetNames(file: Hdf5File): string[] {
  const names: string[] = [];
  const seen = new Set<string>();
  const groups = ["/"];
  for (let looked = 0; groups.length > 0 && looked < MOST_NAMES;) {
    const group = groups.shift()!;
    for (const key of file.keys(group)) {
      if (++looked > MOST_NAMES) break;
      const path = join(group, key);
      const kind = file.kind(path);
      if (kind === "dataset") names.push(path);
      if (kind !== "group") continue;
      const identity = file.identity(path);
      if (!seen.has(identity)) groups.push(path);
      seen.add(identity);
    }
  }
  return names;
}
