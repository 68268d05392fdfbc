/** The command line: one commander program of all commands, and the only place that turns errors into exit codes. */

import { Command, CommanderError } from "commander";
import { isPtychoError, ParameterError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import { type CliIo, EXIT } from "./command.ts";

/**
 * The commands in the order in which help lists them. Only what was named is loaded: a reconstruction needs neither fonts nor figures,
 * which would take memory until its end.
 */
const COMMANDS: readonly {
  readonly name: string;
  declare(io: CliIo, exit: { code: number }): Promise<Command>;
}[] = [
  { name: "run", declare: async (io, exit) => (await import("./run.ts")).runCommand(io, exit) },
  { name: "simulate", declare: async (io) => (await import("./simulate.ts")).simulateCommand(io) },
  { name: "prepare", declare: async (io) => (await import("./prepare.ts")).prepareCommand(io) },
  { name: "inspect", declare: async (io) => (await import("./inspect.ts")).inspectCommand(io) },
  { name: "orient", declare: async (io) => (await import("./orient.ts")).orientCommand(io) },
  { name: "plot", declare: async (io) => (await import("./plot.ts")).plotCommand(io) },
  { name: "export", declare: async (io) => (await import("./export.ts")).exportCommand(io) },
  { name: "compare", declare: async (io) => (await import("./compare.ts")).compareCommand(io) },
  { name: "token", declare: async (io) => (await import("./token.ts")).tokenCommand(io) },
  { name: "params", declare: async (io) => (await import("./params.ts")).paramsCommand(io) },
  { name: "serve", declare: async (io) => (await import("./serve.ts")).serveCommand(io) },
  { name: "worker", declare: async (io) => (await import("./worker.ts")).workerCommand(io) },
  { name: "submit", declare: async (io, exit) => (await import("./submit.ts")).submitCommand(io, exit) },
  { name: "status", declare: async (io) => (await import("./status.ts")).statusCommand(io) },
  { name: "watch", declare: async (io, exit) => (await import("./watch.ts")).watchCommand(io, exit) },
  { name: "cancel", declare: async (io) => (await import("./change.ts")).cancelCommand(io) },
  { name: "resume", declare: async (io) => (await import("./change.ts")).resumeCommand(io) },
  { name: "runs", declare: async (io) => (await import("./runs.ts")).runsCommand(io) },
  { name: "schedule", declare: async (io) => (await import("./schedule.ts")).scheduleCommand(io) },
  { name: "demo", declare: async (io, exit) => (await import("./demo.ts")).demoCommand(io, exit) },
];

/** Runs the command line with `args` (without the program's name) and returns the exit code. */
export async function main(args: readonly string[], io: CliIo): Promise<number> {
  const exit = { code: EXIT.done as number };
  const program = new Command("exitwave")
    .description("Ptychography: from measured diffraction frames to the sample's transmission and the beam.")
    .version(VERSION);
  const commands = await Promise.all(wantedBy(args).map(({ declare }) => declare(io, exit)));
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().showHelpAfterError("(add --help for what this command takes)").configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, "exitwave: ")),
    });
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exit.code;
  } catch (e) {
    return report(e, io);
  }
}

/** The command that is named; none for the version; all for help, and to find what a misspelt name means. */
function wantedBy([first]: readonly string[]): typeof COMMANDS {
  if (first === "--version" || first === "-V") return [];
  const named = COMMANDS.filter(({ name }) => name === first);
  return named.length > 0 ? named : COMMANDS;
}

function report(e: unknown, io: CliIo): number {
  if (e instanceof CommanderError) return e.exitCode === 0 ? EXIT.done : EXIT.user;
  if (e instanceof ParameterError && e.issues.length > 1) {
    io.err(`exitwave: ${e.issues.length} mistakes in the parameters\n`);
    for (const issue of e.issues) io.err(`  ${issue.path}: ${issue.message}\n`);
    return EXIT.user;
  }
  if (isPtychoError(e) && e._tag !== "ShapeError") {
    io.err(`exitwave: ${e.message}\n`);
    // A device that fails under way, with something saved or nothing, is nobody's mistake, but the run has not done what it should.
    return e._tag === "DeviceError" && "saved" in e.fields ? EXIT.ours : EXIT.user;
  }
  if (e instanceof Deno.errors.NotCapable) {
    io.err(`exitwave: Cannot go on: found no permission of Deno for it. ${e.message}; docs/security.md lists them\n`);
    return EXIT.user;
  }
  if (e instanceof RangeError && /allocation failed|Invalid typed array length/.test(e.message)) {
    io.err(
      "exitwave: Cannot hold all arrays: found too little memory; use fewer or smaller frames, or data_type: single\n",
    );
    return EXIT.user;
  }
  io.err(`exitwave: this is a defect of exitwave, please report it with the lines below\n`);
  io.err(`${e instanceof Error ? e.stack ?? e.message : String(e)}\n`);
  return EXIT.ours;
}
