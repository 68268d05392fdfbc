/** What the HDF5 library complains about, in one line. */

import { DataError } from "../errors.ts";

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
