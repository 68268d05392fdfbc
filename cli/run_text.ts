/** Runs at a server, for people. */

import type { LinkedBatch } from "../functions/api/batches.ts";
import type { LinkedRun } from "../functions/api/run_links.ts";
import { duration, errorsText } from "./progress.ts";

/** All that matters of a run, line by line. */
export function runText(run: LinkedRun, address: string): string {
  const { id, kind, name, status, submitted, progress, seconds, error, files } = run;
  const lines = [
    `${id}  ${status}`,
    `  ${kind} "${name}", submitted ${timeText(submitted)}`,
    ...progress === null ? [] : [
      `  ${progress.engine} ${progress.iteration}/${progress.numiter}, ${progressText(run)}`,
      `  ${errorsText(progress)}`,
    ],
    ...seconds === null ? [] : [`  ${seconds.toPrecision(3)} s in iterations`],
    ...error === null ? [] : [`  ${error.tag}: ${error.message.replaceAll("\n", "\n    ")}`],
    ...files.map(({ href }) => `  ${address}${href}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** A table of runs; the header alone if there are none. */
export function runTable(runs: readonly LinkedRun[]): string {
  return table([
    ["RUN", "KIND", "STATUS", "PROGRESS", "SUBMITTED", "NAME"],
    ...runs.map((run) => [run.id, run.kind, run.status, progressText(run), timeText(run.submitted), run.name]),
  ]);
}

/** A batch with the table of its runs. */
export function batchText({ id, name, status, total, counts, runs, links }: LinkedBatch, address: string): string {
  const counted = Object.entries(counts).filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`);
  const varied = [...new Set(runs.flatMap((run) => Object.keys(run.varied)))];
  const rows = runs.map((run) => [
    run.id,
    run.status,
    ...varied.map((path) => Object.hasOwn(run.varied, path) ? JSON.stringify(run.varied[path]) : ""),
    run.errors === null ? "" : errorsText({ errors: run.errors }),
    run.error === null ? "" : run.error.split("\n")[0]!,
  ]);
  const head = `${id}  ${status}\n  batch "${name}" of ${total}: ${counted.join(", ")}\n  ${address}${links.table}\n`;
  return `${head}${table([["RUN", "STATUS", ...varied, "ERRORS", ""], ...rows])}`;
}

/** Iterations and time left. */
function progressText({ progress, status }: Pick<LinkedRun, "progress" | "status">): string {
  if (progress === null) return "";
  const { iterations, total, secondsLeft } = progress;
  return `${iterations}/${total}${status === "running" ? `, ${duration(secondsLeft)} left` : ""}`;
}

/** A time of an answer, in UTC. */
function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lineOf = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd();
  return `${rows.map(lineOf).join("\n")}\n`;
}
