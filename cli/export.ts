/** `exitwave export FILE --to FORMAT`: a file in the format of other programs. */

import { Command, Option } from "commander";
import { RESULT_FORMATS, type ResultFormat } from "../core/formats/result_files.ts";
import { exportFile } from "../functions/export_file.ts";
import type { CliIo } from "./command.ts";

/** Declares the command. */
export function exportCommand(io: CliIo): Command {
  return new Command("export")
    .description(
      "Write a file in another format. A reconstruction (.ptyr) becomes CXI, NXcxi_ptycho (.nxs), TIFF pictures of amplitude and " +
        "phase, or NumPy arrays; CXI and NXcxi_ptycho that were made so become .ptyr again. Prepared frames (.ptyd) become CXI or " +
        "NXcxi_ptycho, which the loaders CxiScan and NXcxiPtychoScan read.",
    )
    .argument("<file>", "a .ptyr or .ptyd file, or a .cxi or .nxs that export made of a .ptyr")
    .addOption(new Option("--to <format>", "what to write").choices(RESULT_FORMATS).makeOptionMandatory())
    .option(
      "-o, --out <path>",
      "where to write; of several files, what their names begin with (default: beside the file)",
    )
    .option("--json", "print the names of the files as JSON")
    .action((file: string, options: { to: ResultFormat; out?: string; json?: true }) => {
      const notice = (message: string) => io.err(`note: ${message}\n`);
      const files = exportFile(file, { to: options.to, out: options.out, now: new Date(), notice });
      if (options.json) io.out(`${JSON.stringify({ files })}\n`);
      else for (const path of files) io.out(`${path}\n`);
    });
}
