/** The table of a batch as comma-separated values. */

import type { BatchRow } from "./batch_service.ts";

/** A row of names and one for each run. @see RFC 4180 */
export function tableCsv(rows: readonly BatchRow[]): string {
  const varied = [...new Set(rows.flatMap((row) => Object.keys(row.varied)))];
  const names = ["id", "name", ...varied, "status", "iterations", ...ERROR_NAMES, "seconds", "error", "result"];
  const lines = rows.map((row) => [
    row.id,
    row.name,
    ...varied.map((path) => Object.hasOwn(row.varied, path) ? textOf(row.varied[path]) : ""),
    row.status,
    textOf(row.iterations),
    ...(row.errors ?? [null, null, null]).map(textOf),
    textOf(row.seconds),
    row.error ?? "",
    `/v1/runs/${row.id}/result`,
  ]);
  return [names, ...lines].map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

const ERROR_NAMES = ["fourier_error", "photon_error", "exit_error"];

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
