/** `exitwave simulate`: simulated frames as a `.ptyd` file, and the truth beside it. */

import { Command } from "commander";
import { ParameterError } from "../core/errors.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { simulateScans } from "../functions/simulate.ts";
import type { CliIo } from "./command.ts";
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
      const { run, services } = openRun(file, { io, overrides: flags.set ?? [] });
      const labels = Object.keys(run.parsed.p.scans);
      const { out } = flags;
      if (out !== undefined && labels.length > 1) {
        throw new ParameterError([{
          path: "scans",
          message: `found ${labels.length} scans (${
            labels.join(", ")
          }) for --out, expected one; write data.dfile instead`,
        }]);
      }
      const fileOf = (label: string) => `${run.name}_${label}.ptyd`;
      const path = out === undefined ? services.path : (name: string) => name === out ? out : services.path(name);
      const parsed = out === undefined ? run.parsed : withFile(run.parsed, out);
      using scratch = createScratchFiles();
      const files = await simulateScans(parsed, { ...services, scratch: scratch.open, path, fileOf, now: new Date() });
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

/** The same tree with `out` as the `dfile` of its only scan. */
function withFile(parsed: ParsedPtycho, out: string): ParsedPtycho {
  const scans = Object.entries(parsed.p.scans).map(([label, scan]) => {
    return [label, scan.data === null ? scan : { ...scan, data: { ...scan.data, dfile: out } }];
  });
  return { ...parsed, p: { ...parsed.p, scans: Object.fromEntries(scans) } };
}
