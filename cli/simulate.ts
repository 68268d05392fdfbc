/** `exitwave simulate`: simulated frames as a `.ptyd` file, and the truth beside it. */

import { Command } from "commander";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { simulateScans } from "../functions/simulate.ts";
import type { CliIo } from "./command.ts";
import { scanOutputs } from "./one_output.ts";
import { collect, openRun } from "./open_run.ts";

interface SimulateFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly json?: true;
}

/** Declares the command. */
export function simulateCommand(io: CliIo): Command {
  return new Command("simulate")
    .description(
      "Simulate the scans of a parameter file: each becomes a .ptyd file, with the object and probe it was made of beside it " +
        "as <name>_truth.ptyr. Engines in the file are left alone.",
    )
    .argument(
      "<file>",
      "parameter file, JSON or YAML, whose scans have the loader SimScan, MoonFlowerScan or QuickScan",
    )
    .option(
      "-o, --out <path>",
      "the .ptyd file to write (default: the scan's data.dfile, else <run>_<label>.ptyd in io.home)",
    )
    .option(
      "--set <path=value>",
      "override a parameter, such as scans.MF.data.photons=1e6; may be repeated",
      collect,
    )
    .option("--json", "print what was written as JSON")
    .action(async (file: string, flags: SimulateFlags) => {
      const opened = openRun(file, { io, overrides: flags.set ?? [] });
      const { parsed, ...places } = scanOutputs(opened, flags.out);
      using scratch = createScratchFiles();
      const files = await simulateScans(parsed, {
        ...opened.services,
        ...places,
        scratch: scratch.open,
        now: new Date(),
      });
      if (flags.json) io.out(`${JSON.stringify(files)}\n`);
      else {
        for (const { label, frames, shape, ptyd, truth, figure } of files) {
          const written = [ptyd, truth, figure].filter((path) => path !== null);
          io.out(
            `${label}: ${frames} frames of ${shape.join(" x ")}\n${written.map((path) => `  ${path}\n`).join("")}`,
          );
        }
      }
    });
}
