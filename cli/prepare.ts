/** `exitwave prepare`: the frames of a parameter file as `.ptyd` files. */

import { Command } from "commander";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { prepareFiles } from "../functions/prepare_files.ts";
import type { CliIo } from "./command.ts";
import { scanOutputs } from "./one_output.ts";
import { collect, openRun } from "./open_run.ts";
import { type ModuleFlags, withModuleOption, withUserModules } from "./user_modules.ts";

interface PrepareFlags extends ModuleFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly json?: true;
}

/** Declares the command. */
export function prepareCommand(io: CliIo): Command {
  return withModuleOption(new Command("prepare"))
    .description(
      "Load and prepare the frames of a parameter file and write them as .ptyd files, which PtydScan and PtyPy read, and nothing " +
        "more. Engines in the file are left alone.",
    )
    .argument("<file>", "parameter file, JSON or YAML")
    .option(
      "-o, --out <path>",
      "the .ptyd file to write (default: the scan's data.dfile, else <run>_<label>.ptyd in io.home)",
    )
    .option("--set <path=value>", "override a parameter, such as scans.MF.data.shape=128; may be repeated", collect)
    .option("--json", "print what was written as JSON")
    .action(async (file: string, flags: PrepareFlags) => {
      const opened = await withUserModules(openRun(file, { io, overrides: flags.set ?? [] }), { io, flags });
      const { parsed, ...places } = scanOutputs(opened, flags.out);
      using scratch = createScratchFiles();
      const files = prepareFiles(parsed, { ...opened.services, ...places, scratch: scratch.open, now: new Date() });
      if (flags.json) return io.out(`${JSON.stringify(files)}\n`);
      for (const { label, frames, shape, ptyd } of files) {
        io.out(`${label}: ${frames} frames of ${shape.join(" x ")}\n  ${ptyd}\n`);
      }
    });
}
