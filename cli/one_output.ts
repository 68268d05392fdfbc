/** `--out` of commands that write a `.ptyd` file for each scan: it names the file of the only one. */

import { ParameterError } from "../core/errors.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import type { OpenedRun } from "./open_run.ts";

/** What such commands do with a run. */
export interface ScanOutputs {
  readonly parsed: ParsedPtycho;
  /** Finds files: `--out` from the current folder, others from `io.home`. */
  path(reference: string): string;
  /** The file of a scan that has none. */
  fileOf(label: string): string;
}

/** The files that the scans of a run are saved to. @throws {ParameterError} if several scans are to have one file */
export function scanOutputs({ run, services }: OpenedRun, out: string | undefined): ScanOutputs {
  const fileOf = (label: string) => `${run.name}_${label}.ptyd`;
  if (out === undefined) return { parsed: run.parsed, path: services.path, fileOf };
  const labels = Object.keys(run.parsed.p.scans);
  if (labels.length > 1) {
    const message = `found ${labels.length} scans (${
      labels.join(", ")
    }) for --out, expected one; write data.dfile instead`;
    throw new ParameterError([{ path: "scans", message }]);
  }
  return { parsed: withFile(run.parsed, out), path: (name) => name === out ? out : services.path(name), fileOf };
}

/** The same tree with `out` as the `dfile` of its only scan. */
function withFile(parsed: ParsedPtycho, out: string): ParsedPtycho {
  const scans = Object.entries(parsed.p.scans).map(([label, scan]) => {
    return [label, scan.data === null ? scan : { ...scan, data: { ...scan.data, dfile: out } }];
  });
  return { ...parsed, p: { ...parsed.p, scans: Object.fromEntries(scans) } };
}
