/** `exitwave run`: a reconstruction from a parameter file. */

import { Command } from "commander";
import { idleNotices } from "../core/idle_parameters.ts";
import { lengthText } from "../core/figures/length_text.ts";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { dryRun, type Estimate } from "../functions/dry_run.ts";
import { placementText } from "../functions/device_plan.ts";
import { reconstruct, type RunResult } from "../workflows/local_run.ts";
import type { CliIo } from "./command.ts";
import { collectGarbage } from "./collect_garbage.ts";
import { type DeviceFlags, openDevices, withDeviceOptions } from "./device.ts";
import { collect, type OpenedRun, openRun } from "./open_run.ts";
import { type ModuleFlags, withModuleOption, withUserModules } from "./user_modules.ts";
import { createProgressDisplay, duration } from "./progress.ts";

/** Exit code after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;

/** What the program takes beside frames, waves and arrays; tests/end_to_end/memory_test.ts holds it. */
const PROGRAM_MEGABYTES = 150;

interface RunFlags extends DeviceFlags, ModuleFlags {
  readonly set?: readonly string[];
  readonly json?: true;
  readonly dryRun?: true;
  readonly quiet?: true;
  readonly fresh?: true;
}

/** Declares the command; `exit.code` is what the process ends with if the run was stopped. */
export function runCommand(io: CliIo, exit: { code: number }): Command {
  const command = new Command("run")
    .description(
      "Reconstruct what a parameter file describes (.json, .yaml). Ctrl-C stops after the current block and saves. " +
        "However a run ends before its end, typed again it goes on where it was.",
    )
    .argument("<file>", "parameter file: the content of PtyPy's parameter tree, as JSON or YAML")
    .option("--set <path=value>", "override a parameter, such as scans.MF.data.shape=128; may be repeated", collect)
    .option("--fresh", "begin anew where the same run ended before its end")
    .option("--dry-run", "check everything, report shapes, memory and frames, write nothing")
    .option("--json", "end with one line of JSON that names the files, the errors and the seconds per iteration")
    .option("--quiet", "show no progress");
  return withModuleOption(withDeviceOptions(command))
    .action(async (file: string, flags: RunFlags) => {
      const opened = await withUserModules(openRun(file, { io, overrides: flags.set ?? [] }), { io, flags });
      for (const notice of idleNotices(opened.run.parsed)) opened.services.warn(notice);
      if (flags.dryRun || opened.run.parsed.p.dry_run) return await reportDryRun(io, opened, flags);
      const result = await runOpened(io, opened, {
        isQuiet: flags.quiet === true,
        isFresh: flags.fresh === true,
        flags,
      });
      reportResult(io, result, flags.json === true);
      if (result.stopped) exit.code = INTERRUPTED;
    });
}

/** Runs what was opened, with progress on standard error. */
export async function runOpened(
  io: CliIo,
  opened: OpenedRun,
  { isQuiet, isFresh, flags }: { isQuiet: boolean; isFresh: boolean; flags: DeviceFlags },
): Promise<RunResult> {
  using scratch = createScratchFiles();
  using computer = await openDevices(flags, opened.run.parsed.p.data_type, scratch.open);
  if (computer.notice !== null) opened.services.warn(computer.notice);
  const display = createProgressDisplay(io);
  const announce = () => {
    display.end();
    io.err("stopping after this block, then saving; Ctrl-C again ends at once, without saving\n");
  };
  io.signal.addEventListener("abort", announce);
  try {
    return await reconstruct(opened.run, {
      ...opened.services,
      isFresh,
      scratch: scratch.open,
      log: (message) => {
        // Nothing may be written behind the bar.
        if (opened.isVerbose) display.end();
        opened.services.log(message);
      },
      warn: (message) => {
        display.end();
        opened.services.warn(message);
      },
      devices: computer.devices,
      clock: { now: () => performance.now(), date: () => new Date() },
      signal: io.signal,
      started: () => io.catchInterrupts?.(),
      tidy: collectGarbage,
      report: (block) => isQuiet || display.show(block),
      engineDone: () => display.end(),
    });
  } finally {
    io.signal.removeEventListener("abort", announce);
    // An error must not be written behind the bar.
    display.end();
  }
}

function reportResult(io: CliIo, result: RunResult, isJson: boolean): void {
  const { files, iterations, errors, secondsPerIteration, stopped } = result;
  if (isJson) return io.out(`${JSON.stringify(result)}\n`);
  if (stopped) io.err(`stopped after ${iterations} iterations; everything is saved, and the same command goes on\n`);
  for (const path of files) io.out(`${path}\n`);
  if (errors === null) return io.err(stopped ? "" : "nothing was done: the parameters name no engine\n");
  if (secondsPerIteration !== null) io.err(`${iterations} iterations in ${spent(iterations * secondsPerIteration)}\n`);
  if (files.length === 0) io.err("no result was written: io.rfile is None\n");
}

async function reportDryRun(io: CliIo, opened: OpenedRun, flags: RunFlags): Promise<void> {
  using computer = await openDevices(flags, opened.run.parsed.p.data_type);
  const [device] = computer.devices;
  const estimate = dryRun(opened.run.parsed, { ...opened.services, name: opened.run.name, device });
  if (flags.json) io.out(`${JSON.stringify({ dry_run: true, run: opened.run.name, ...estimate })}\n`);
  else io.out(estimateText(estimate, opened.run.name));
}

/** A dry run for people. */
export function estimateText(estimate: Estimate, name: string): string {
  const lines = [
    `run ${name}: everything that can be checked before the first iteration is in order; nothing was written`,
    "",
  ];
  for (const scan of estimate.scans) {
    lines.push(
      `scan ${scan.label}  ${scan.source}`,
      `  frames    ${scan.frames} of ${scan.rawShape.join(" x ")}, prepared to ${scan.shape.join(" x ")}`,
      `  geometry  ${scan.energy} keV, ${lengthText(scan.distance)} to a detector with pixels of ${
        lengthText(scan.psize[0])
      }`,
      `  sample    pixels of ${scan.resolution.map(lengthText).join(" x ")}`,
      `  probe     ${scan.probe.join(" x ")}`,
      `  object    ${scan.object.join(" x ")}`,
      ...(scan.energies > 1
        ? [`  energies  ${scan.energies}, each with a probe and an object of its own at most`]
        : []),
    );
  }
  for (const engine of estimate.engines) {
    lines.push(
      `engine ${engine.label}  ${engine.name}, ${engine.numiter} iterations on ${placementText(engine.placement)}`,
    );
  }
  const { results, autosave } = estimate.files;
  if (autosave !== null) lines.push(`autosave  ${autosave} and later ones`);
  for (const file of results) lines.push(`result    ${file}`);
  lines.push("", `memory beside the device's: about ${PROGRAM_MEGABYTES} MB for the program`);
  return `${lines.join("\n")}\n`;
}

function spent(seconds: number): string {
  return seconds < 60 ? `${seconds.toPrecision(2)} s` : duration(seconds);
}
