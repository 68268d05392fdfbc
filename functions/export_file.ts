/** A file that is there in another format: reconstructions (`.ptyr`, or CXI that was made of one) and prepared frames (`.ptyd`). */

import { DataError, ParameterError } from "../core/errors.ts";
import { readCxiResult } from "../core/formats/cxi_result.ts";
import { writeCxiFrames } from "../core/formats/cxi_writer.ts";
import { openHdf5 } from "../core/formats/hdf5.ts";
import { openPtyd } from "../core/formats/ptyd.ts";
import { readPtyr } from "../core/formats/ptyr.ts";
import { type ResultFile, resultFiles, type ResultFormat, writeResultFiles } from "../core/formats/result_files.ts";

/** What is to be made of a file. */
export interface ExportFileOptions {
  readonly to: ResultFormat;
  /** Path without its ending; that of the source if left out. A known ending is taken away. */
  readonly out?: string | undefined;
  readonly now: Date;
  notice(message: string): void;
}

/** Endings that a base is without. */
const ENDINGS = /\.(ptyr|ptyd|cxi|nxs|h5|hdf5|tiff?|npy)$/i;

/**
 * Writes a file in another format. Returns the files.
 *
 * @throws {ParameterError} for a format that the content cannot have @throws {DataError} for a source that cannot be read, a file that
 *   cannot be written, or one that would be written over its source
 */
export function exportFile(source: string, { to, out, now, notice }: ExportFileOptions): string[] {
  const base = (out ?? source).replace(ENDINGS, "");
  const files = contentOf(source) === "frames"
    ? frameFiles(source, { to, base, notice })
    : resultFiles(contentOf(source) === "ptyr" ? readPtyr(source, { notice }) : readCxiResult(source), {
      to,
      base,
      now,
    });
  for (const { path } of files) refuseSource(path, source);
  writeResultFiles(files);
  return files.map(({ path }) => path);
}

/** What there is, told by the groups of the file. */
function contentOf(source: string): "ptyr" | "frames" | "cxi" {
  using file = openHdf5(source);
  if (file.kind("/chunks") === "group") return "frames";
  return file.kind("/content") === "group" ? "ptyr" : "cxi";
}

function frameFiles(
  source: string,
  { to, base, notice }: Pick<ExportFileOptions, "to" | "notice"> & { readonly base: string },
): ResultFile[] {
  if (to !== "cxi" && to !== "nxcxi") {
    const message = `found ${to} for "${source}", which holds frames, expected cxi or nxcxi`;
    throw new ParameterError([{ path: "--to", message }]);
  }
  const path = `${base}.${to === "cxi" ? "cxi" : "nxs"}`;
  return [{
    path,
    write(path) {
      using scan = openPtyd(source, { notice });
      writeCxiFrames(path, scan, { form: to });
    },
  }];
}

function refuseSource(path: string, source: string): void {
  let real: string;
  try {
    real = Deno.realPathSync(path);
  } catch {
    return; // Not there: it cannot be the source.
  }
  if (real !== Deno.realPathSync(source)) return;
  const text = `Cannot write "${path}": found the file that is read, expected another name; write -o`;
  throw new DataError(text, { file: path });
}
