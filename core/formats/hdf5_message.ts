/** What the HDF5 library complains about, in one line. */

import { DataError } from "../errors.ts";
import { nearestNames } from "./nearest_names.ts";

/** The reason in an error of the library: the system's where there is one, else the innermost. */
export function libraryMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const steps = [...text.matchAll(/^\s+#\d+: \S+ line \d+ in (\w+)\(\): (.*)$/gm)].filter((step) =>
    !step[1]!.startsWith("H5PL")
  );
  // A system error is told over several lines.
  const reason = /errno = \d+, error message = '([^']*)'/.exec(text)?.[1];
  return reason ?? steps.at(-1)?.[2] ?? text.split("\n", 1)[0]!;
}

/** The error of a file that the library cannot open: truncated, still open for writing, or damaged. */
export function openError(path: string, error: unknown): DataError {
  const found = libraryMessage(error);
  const cut = /truncated file: eof = (\d+).*stored_eof = (\d+)/.exec(found);
  const busy = /already open for (?:write|SWMR)/.test(found);
  const text = busy
    ? `Cannot open "${path}": found a file that its writer has not closed; wait for it, or repair with: h5clear -s`
    : cut
    ? `Cannot open "${path}": found a truncated file of ${cut[1]} bytes, expected ${cut[2]}; copy or make it again`
    : `Cannot open "${path}": found a damaged HDF5 file (${found}); copy or make it again`;
  return new DataError(text, { file: path, found }, error);
}

/** A file in which something is looked for. */
interface Looked {
  readonly path: string;
  kind(path: string): "group" | "dataset" | "datatype" | "missing";
  keys(path: string): string[];
}

/** What was looked for, in the words of who asked. */
interface Sought {
  readonly path: string;
  readonly expected: string;
  /** What there is instead, if its kind does not say it. */
  readonly foundType?: string | undefined;
}

/** The error of a place `at` (from the root) where there is something else than expected, with the nearest names that exist. */
export function unexpectedObject(file: Looked, at: string, { path, expected, foundType }: Sought): DataError {
  const kind = file.kind(at);
  const fields = { file: file.path, dataset: path, found: foundType ?? kind, expected };
  const begin = `Cannot read "${path}" in "${file.path}": `;
  if (kind !== "missing") {
    return new DataError(`${begin}found ${foundType ?? `a ${kind}`}, expected ${expected}`, fields);
  }
  const parts = at.split("/").slice(1);
  let parent = "";
  while (parts.length > 1 && file.kind(`${parent}/${parts[0]}`) === "group") parent += `/${parts.shift()}`;
  const group = parent === "" ? "/" : parent;
  const names = file.kind(group) === "group" ? file.keys(group) : [];
  if (names.includes(parts[0]!)) {
    const text = `${begin}found an object that cannot be opened, expected ${expected}; the file may be damaged`;
    return new DataError(text, { ...fields, group });
  }
  const near = nearestNames(parts[0]!, names);
  const listed = near.length > 0 ? near : names.slice(0, 8);
  const hint = listed.length > 0
    ? `${near.length > 0 ? "did you mean" : "there are"} ${listed.map((n) => `"${n}"`).join(", ")}`
    : "it is empty";
  const text = `${begin}found no "${parts[0]}" in group "${group}", expected ${expected}; ${hint}`;
  return new DataError(text, { ...fields, group, near: listed });
}
