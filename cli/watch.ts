/** `exitwave watch`: how a run at a server goes on, until its end. */

import { Command } from "commander";
import { join } from "node:path";
import { beginWhole } from "../core/formats/atomic_file.ts";
import type { LinkedRun } from "../functions/api/run_links.ts";
import { type ApiClient, createApiClient, type ServerFlag, withServerOption } from "./api_client.ts";
import { type CliIo, EXIT } from "./command.ts";
import { createProgressDisplay } from "./progress.ts";
import { eventsOf } from "./run_events.ts";

/** Exit code after Ctrl-C, as shells have it. */
const INTERRUPTED = 130;

/** Flags of commands that wait for a run. */
export interface WaitFlags extends ServerFlag {
  readonly json?: true;
  readonly quiet?: true;
  readonly out?: string;
}

/** Declares the command; `exit.code` says how the run ended. */
export function watchCommand(io: CliIo, exit: { code: number }): Command {
  const command = new Command("watch")
    .description("Show how a run at a server goes on, until its end. Ctrl-C ends the watching, not the run.")
    .argument("<id>", "the run, as `exitwave submit` prints it");
  return withWaitOptions(withServerOption(command))
    .action((id: string, flags: WaitFlags) => watchRun(createApiClient(flags), { id, io, exit, flags }));
}

/** Adds the options of commands that wait for a run. */
export function withWaitOptions(command: Command): Command {
  return command
    .option("--out <folder>", "put the files that the run leaves there")
    .option("--json", "end with one line of JSON: the run as it stands")
    .option("--quiet", "show no progress");
}

/** What to wait for, and how to say it. */
export interface WatchOptions {
  readonly id: string;
  readonly io: CliIo;
  readonly exit: { code: number };
  readonly flags: WaitFlags;
}

/** Shows a run until its end, gets its files if asked to, and says how it ended. */
export async function watchRun(client: ApiClient, { id, io, exit, flags }: WatchOptions): Promise<void> {
  io.catchInterrupts?.();
  const run = await follow(client, { id, io, isQuiet: flags.quiet === true });
  if (run === null) {
    io.err(`stopped watching; the run goes on: exitwave watch ${id}\n`);
    exit.code = INTERRUPTED;
    return;
  }
  const files = flags.out === undefined ? null : await download(client, run, flags.out);
  if (flags.json) io.out(`${JSON.stringify(run)}\n`);
  else for (const file of files ?? run.files.map(({ href }) => client.address + href)) io.out(`${file}\n`);
  if (run.status === "done") return;
  exit.code = EXIT.ours;
  io.err(run.error === null ? `the run was ${run.status}\n` : `exitwave: the run failed: ${run.error.message}\n`);
}

/** The run at its end; null if the watching was interrupted. */
async function follow(
  client: ApiClient,
  { id, io, isQuiet }: { readonly id: string; readonly io: CliIo; readonly isQuiet: boolean },
): Promise<LinkedRun | null> {
  const display = createProgressDisplay(io);
  const lost = () => {
    display.end();
    io.err("the connection to the server is lost; waiting for it\n");
  };
  let last: LinkedRun | null = null;
  try {
    for await (const run of eventsOf(client, id, { signal: io.signal, lost })) {
      if (!isQuiet && isNews(run, last)) {
        if (last !== null && last.progress?.engine !== run.progress?.engine) display.end();
        display.show(run.progress!);
      }
      last = run;
    }
  } catch (error) {
    if (io.signal.aborted) return null;
    throw error;
  } finally {
    display.end();
  }
  return last;
}

function isNews({ progress }: LinkedRun, last: LinkedRun | null): boolean {
  return progress !== null && progress.iterations !== last?.progress?.iterations;
}

/** Gets the files of a run. @returns where they are */
async function download(client: ApiClient, { id, files }: LinkedRun, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, href } of files) {
    const path = join(folder, `${id}_${name}`);
    const whole = beginWhole(path);
    try {
      const { body } = await client.fetch("GET", href);
      await Deno.writeFile(whole.temporaryPath, body!);
      whole.commit();
    } finally {
      whole.abandon();
    }
    paths.push(path);
  }
  return paths;
}
