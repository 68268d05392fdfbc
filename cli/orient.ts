/** `exitwave orient`: which orientation of the frames fits their positions. */

import { Command, InvalidArgumentError } from "commander";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import type { PtychoParams } from "../core/ptycho_params.ts";
import { orient, type OrientResult } from "../functions/orient.ts";
import type { CliIo } from "./command.ts";
import { type DeviceFlags, openDevices, withDeviceOptions } from "./device.ts";
import { collect, openRun } from "./open_run.ts";
import { type ModuleFlags, withModuleOption, withUserModules } from "./user_modules.ts";

/** Enough to tell the orientations of the data that were tried apart; see docs/orient.md. */
const [FRAMES, ITERATIONS] = [64, 20];

/** An answer that is not at least so much better than the others is none. */
const CLEAR_FACTOR = 1.2;

interface OrientFlags extends DeviceFlags, ModuleFlags {
  readonly set?: readonly string[];
  readonly scan?: string;
  readonly frames: number;
  readonly iterations: number;
  readonly json?: true;
}

/** Declares the command. */
export function orientCommand(io: CliIo): Command {
  const command = new Command("orient")
    .description(
      "Find out how the detector was mounted: try the eight orientations of the frames with a few iterations on frames in the " +
        "middle of the scan, and say which fits the positions, by how much, and what to write into the parameter file. " +
        "Every sign of the positions is one of the eight.",
    )
    .argument("<file>", "parameter file, as for exitwave run; its data.orientation and engines do not matter")
    .option("--scan <label>", "the scan to try, where there are several")
    .option("--frames <count>", "frames in the middle of the scan", count, FRAMES)
    .option("--iterations <count>", "iterations of DM for each orientation", count, ITERATIONS)
    .option("--set <path=value>", "override a parameter; may be repeated", collect)
    .option("--json", "print the result as JSON");
  return withModuleOption(withDeviceOptions(command)).action(async (file: string, flags: OrientFlags) => {
    const { run: { parsed }, services } = await withUserModules(
      openRun(file, { io, overrides: flags.set ?? [] }),
      { io, flags },
    );
    using scratch = createScratchFiles();
    using computer = await openDevices(flags, parsed.p.data_type, scratch.open);
    const result = await orient(parsed, { ...services, scratch: scratch.open, now: new Date() }, {
      scan: flags.scan,
      frames: flags.frames,
      iterations: flags.iterations,
      device: computer.devices[0],
      report: ({ orientation }) =>
        io.isTerminal && io.err(`\rtried ${orientation + 1} of 8${orientation < 7 ? "" : "\n"}`),
    });
    io.out(flags.json ? `${JSON.stringify(result)}\n` : orientText(result, parsed.p));
  });
}

/** The result for people. */
export function orientText(result: OrientResult, { scans }: Pick<PtychoParams, "scans">): string {
  const { label, orientation, factor, halfTurn, trials } = result;
  const most = Math.max(...trials.map(({ error }) => error));
  const bar = (error: number) => "█".repeat(Math.max(1, Math.round(30 * error / most)));
  const lines = [
    `scan ${label}: ${result.frames} of ${result.of} frames, ${result.iterations} iterations of DM for each orientation`,
    "",
    "  orientation                              photon error",
    ...trials.map((trial) => {
      const name = `${trial.orientation} (${NAMES[trial.orientation]})`;
      return `  ${name.padEnd(39)}  ${trial.error.toPrecision(4).padStart(9)}  ${bar(trial.error)}`;
    }),
    "",
  ];
  if (factor < CLEAR_FACTOR) {
    lines.push(
      `nothing fits clearly: the best others are only ${
        factor.toPrecision(3)
      } times as far off as ${orientation}. Try more --iterations ` +
        "or --frames, a better initial probe, and check energy, distance, psize and the unit of the positions",
    );
    return `${lines.join("\n")}\n`;
  }
  lines.push(`orientation ${orientation} fits: the others are off by ${factor.toPrecision(3)} times as much or more`);
  lines.push(...halfTurnLines(orientation, halfTurn), "", "write into the parameter file:");
  lines.push(`  scans.${label}.data.orientation: ${orientation}`);
  const data = scans[label]?.data ?? null;
  if (data?.name === "PtydScan" && (data.source === null || data.source === "file") && orientation !== 0) {
    lines.push(`  scans.${label}.data.source: ${data.dfile}   # frames of dfile alone are taken as they are`);
  }
  if (orientation > 0 && orientation < 4) {
    lines.push(
      `or reverse the sign of the positions' ${AXES[orientation]} instead, where the loader has a factor for them`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function halfTurnLines(orientation: number, told: OrientResult["halfTurn"]): string[] {
  if (told === "error") return [];
  const twin = `${orientation ^ 3}, half a turn away, fits alike: it gives the complex conjugate of object and probe`;
  return told === "matter"
    ? [`${twin}, which would not be matter: phase and absorption say ${orientation}`]
    : [`${twin}; neither probe nor object say which it is`];
}

const NAMES = [
  "as it is",
  "reverse columns",
  "reverse rows",
  "reverse both",
  "transpose",
  "transpose, then reverse columns",
  "transpose, then reverse rows",
  "transpose, then reverse both",
] as const;

const AXES = ["", "columns", "rows", "rows and columns"] as const;

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 100_000) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a whole number from 1.`);
}
