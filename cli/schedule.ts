/** `exitwave schedule`: schedules of a server are made, listed, shown, enabled, disabled and removed. */

import { Command } from "commander";
import type { ScheduleStart, ScheduleView } from "../functions/api/schedule_shape.ts";
import { createApiClient, type ServerFlag, withServerOption } from "./api_client.ts";
import type { CliIo } from "./command.ts";
import { collect } from "./open_run.ts";
import { readNewSchedule, type ScheduleFlags } from "./schedule_flags.ts";

interface Flags extends ServerFlag {
  readonly json?: true;
}

/** Declares the command. */
export function scheduleCommand(io: CliIo): Command {
  const command = new Command("schedule").description(
    "Start runs on a server by time, or for each new file below a folder; see docs/schedules.md.",
  );
  const add = (name: string, description: string): Command =>
    withServerOption(command.command(name).description(description)).option("--json", "print the answer as JSON");
  const addForOne = (name: string, description: string): Command =>
    add(name, description).argument("<id>", "id of the schedule");
  declareAdd(addForOne("add", "Make a schedule; --replace gives one that is there another content."), io);
  declareLooks({ add, addForOne }, io);
  for (const [name, enabled] of [["enable", true], ["disable", false]] as const) {
    addForOne(name, `${enabled ? "Enable" : "Disable"} a schedule; what happens while it is disabled does not count.`)
      .action(async (id: string, flags: Flags) => {
        say(await call<ScheduleView>(flags, "PATCH", pathOf(id), { enabled }), { flags, io, text: lineOf });
      });
  }
  addForOne("remove", "Forget a schedule; its runs go on.").action(async (id: string, flags: Flags) => {
    await call(flags, "DELETE", pathOf(id));
    say({ removed: id }, { flags, io, text: ({ removed }) => `removed ${removed}\n` });
  });
  return command;
}

function declareAdd(command: Command, io: CliIo): void {
  command
    .option("--cron <expression>", 'when: minute, hour, day, month, day of week, such as "30 2 * * *"; or @daily')
    .option("--timezone <zone>", "of --cron, such as Europe/Berlin (default: UTC)")
    .option("--prefix <folder>", "or for new files: the folder below the server's data root, or s3://bucket/folder")
    .option("--pattern <pattern>", "which files below it, such as **/*.ptyd (default: **, all)")
    .option("--settle <seconds>", "a file is whole when it has not changed for so long (default: 10)")
    .option("--poll <seconds>", "between looks (default: 5)")
    .option("--existing <choice>", "files that are there already: skip or start (default: skip)")
    .option("--into <folder>", "for s3://: where below the data root new objects are copied to")
    .option("--parameters <file>", "parameter file of the runs, read here and now")
    .option("--parameters-file <path>", "or one below the server's data root, read at each start")
    .option(
      "--set <path=value>",
      "goes over the parameters, such as scans.S.data.dfile={file}; words: file, name, stem, folder, date, time, schedule, " +
        "run; may be repeated",
      collect,
    )
    .option("--missed <choice>", "what came while the server was down: skip, once or all")
    .option("--overlap <choice>", "while a run has not ended: allow, skip, queue or cancel_previous")
    .option("--limit <number>", "at most so many missed starts are made up for, or wait in the queue")
    .option("--disabled", "do not enable it yet")
    .option("--replace", "give the schedule of this id another content")
    .action(async (id: string, flags: Flags & ScheduleFlags & { readonly replace?: true }) => {
      const body = readNewSchedule(flags);
      const view = flags.replace
        ? await call<ScheduleView>(flags, "PUT", pathOf(id), body)
        : await call<ScheduleView>(flags, "POST", "/v1/schedules", { id, ...body });
      say(view, { flags, io, text: lineOf });
    });
}

function declareLooks(
  { add, addForOne }: Record<"add" | "addForOne", (name: string, description: string) => Command>,
  io: CliIo,
): void {
  add("list", "List schedules.").action(async (flags: Flags) => {
    const answer = await call<{ schedules: ScheduleView[] }>(flags, "GET", "/v1/schedules");
    const text = () => answer.schedules.map(lineOf).join("") || "no schedules\n";
    say(answer, { flags, io, text });
  });
  addForOne("show", "Show a schedule, and what it started and did not start, latest first.")
    .option("--limit <number>", "so many starts", "10")
    .action(async (id: string, flags: Flags & { readonly limit: string }) => {
      const view = await call<ScheduleView>(flags, "GET", pathOf(id));
      const path = `${pathOf(id)}/runs?limit=${encodeURIComponent(flags.limit)}`;
      const { starts } = await call<{ starts: ScheduleStart[] }>(flags, "GET", path);
      say({ ...view, starts }, { flags, io, text: () => `${detailsOf(view)}${starts.map(startLine).join("")}` });
    });
  addForOne("next", "The next times at which a schedule is due.")
    .option("--count <number>", "how many", "5")
    .action(async (id: string, flags: Flags & { readonly count: string }) => {
      const path = `${pathOf(id)}/next?count=${encodeURIComponent(flags.count)}`;
      const answer = await call<{ next: string[] }>(flags, "GET", path);
      const none = "none: it waits for files, or is disabled\n";
      say(answer, { flags, io, text: ({ next }) => next.map((time) => `${time}\n`).join("") || none });
    });
}

function call<T>(flags: Flags, method: string, path: string, json?: unknown): Promise<T> {
  return createApiClient(flags).call<T>(method, path, json === undefined ? {} : { json });
}

function say<T>(answer: T, { flags, io, text }: { flags: Flags; io: CliIo; text: (answer: T) => string }): void {
  io.out(flags.json ? `${JSON.stringify(answer)}\n` : text(answer));
}

function pathOf(id: string): string {
  return `/v1/schedules/${encodeURIComponent(id)}`;
}

function lineOf({ id, trigger, enabled, next, problem }: ScheduleView): string {
  const when = "cron" in trigger
    ? `"${trigger.cron}" ${trigger.timezone}`
    : `new files ${trigger.prefix.replace(/\/+$/, "")}/${trigger.pattern}`;
  const state = enabled ? (next === null ? "enabled" : `next ${next}`) : "disabled";
  return `${id.padEnd(20)} ${when.padEnd(40)} ${state}${problem === null ? "" : `  waits: ${problem}`}\n`;
}

function detailsOf(view: ScheduleView): string {
  const { missed, overlap, limit, owner, revision, created, changed } = view;
  return lineOf(view) +
    `  missed ${missed}, overlap ${overlap}, limit ${limit}; revision ${revision}, owner ${owner ?? "nobody"}\n` +
    `  made ${created}, changed ${changed}\n`;
}

function startLine({ due, file, state, run, reason }: ScheduleStart): string {
  const what = [file, run, reason].filter((part) => part !== null).join("  ");
  return `  ${due} ${state.padEnd(8)} ${what}\n`;
}
