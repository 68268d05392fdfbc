/** Logs of SPEC, the control program of beamlines: scans with their motors and counters, as text. */

import { DataError } from "../errors.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { readError } from "./hdf5_signature.ts";
import { nearestNames } from "./nearest_names.ts";

/** One scan of a log. */
export interface SpecScan {
  readonly number: number;
  /** What was typed, such as `ascan samx 0 1 10 0.5`. */
  readonly command: string;
  /** As it stands there; empty where it does not. */
  readonly date: string;
  /** Positions of motors before the scan, by name. */
  readonly motors: ReadonlyMap<string, number>;
  /** Names of the columns. */
  readonly labels: readonly string[];
  /** Numbers of each point, as many as there are labels. */
  readonly rows: readonly (readonly number[])[];
  /** Whether a comment says that it was broken off. */
  readonly isAborted: boolean;
  /** Spectra (lines `@A`) that are there beside the columns; they are not read. */
  readonly spectra: number;
}

/** A log. */
export interface SpecLog {
  /** What the first line `#F` says; empty without. */
  readonly title: string;
  readonly scans: readonly SpecScan[];
}

type Draft =
  & {
    -readonly [K in keyof SpecScan]: SpecScan[K] extends readonly (infer T)[] ? T[] : SpecScan[K];
  }
  & { columns: number | null };

/** Reads a log. @throws {DataError} saying what is wrong with it, with the line */
export function readSpec(path: string): SpecLog {
  try {
    checkBytes(Deno.statSync(path).size, { file: path, dataset: "/" });
    return parseSpec(Deno.readFileSync(path), path);
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

/** Whether bytes begin as a SPEC log does: with a control line of a file or of a scan. */
export function isSpec(head: Uint8Array): boolean {
  return /^\s*#[FES] \S/.test(new TextDecoder("latin1").decode(head.subarray(0, 256)));
}

/** The log in the bytes of a file; `name` is for messages. @throws {DataError} as `readSpec` */
export function parseSpec(bytes: Uint8Array, name: string): SpecLog {
  if (!isSpec(bytes)) {
    const text = `Cannot read "${name}": found other content, expected a SPEC log, which begins with #F, #E or #S`;
    throw new DataError(text, { file: name });
  }
  const scans: Draft[] = [];
  let title = "";
  let motorLines = new Map<string, string>();
  let isContinued = false;
  const lines = new TextDecoder("utf-8").decode(bytes).split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const scan = scans.at(-1);
    if (isContinued || line.startsWith("@")) {
      if (!isContinued && line.startsWith("@A") && scan) (scan as { spectra: number }).spectra++;
      isContinued = line.endsWith("\\");
      continue;
    }
    if (!line.startsWith("#")) {
      if (line.trim() !== "") addRow(scan, line, { name, number: i + 1 });
      continue;
    }
    const [, key = "", rest = ""] = /^#(\S+)\s*(.*)$/.exec(line) ?? [];
    if (key === "F" && title === "") title = rest.trim();
    if (key === "E") motorLines = new Map();
    if (/^O\d+$/.test(key)) motorLines.set(key.slice(1), rest);
    if (key === "S") scans.push(beginScan(rest, { name, number: i + 1 }));
    else if (scan) addToScan(scan, { key, rest, motorLines });
  }
  for (const scan of scans) scan.labels = chooseLabels(scan, name);
  return { title, scans: scans.map(({ columns: _, ...scan }) => scan) };
}

/**
 * The scan of a number; of several the last, which was begun anew.
 *
 * @throws {DataError} if there is none, with the numbers that there are; `file` is for messages
 */
export function scanOf(log: SpecLog, number: number, file: string): { scan: SpecScan; isRepeated: boolean } {
  const found = log.scans.filter((scan) => scan.number === number);
  if (found.length > 0) return { scan: found.at(-1)!, isRepeated: found.length > 1 };
  const numbers = log.scans.map((scan) => scan.number);
  const there = numbers.length === 0 ? "no scans" : `scans ${numbers.slice(0, 12).join(", ")}`;
  throw new DataError(`Cannot read scan ${number} of "${file}": found ${there}`, {
    file,
    found: numbers.slice(0, 100),
  });
}

/** A column by its name. @throws {DataError} if the scan has none, with the nearest names; `file` is for messages */
export function columnOf(scan: SpecScan, label: string, file: string): Float64Array {
  const at = scan.labels.indexOf(label);
  if (at >= 0) return Float64Array.from(scan.rows, (row) => row[at]!);
  const near = nearestNames(label, scan.labels);
  const names = near.length > 0 ? near : scan.labels.slice(0, 8);
  throw new DataError(
    `Cannot read scan ${scan.number} of "${file}": found no column "${label}"; there are ${
      names.map((n) => `"${n}"`).join(", ") || "none"
    }`,
    { file, near: names },
  );
}

function beginScan(rest: string, o: { name: string; number: number }): Draft {
  const [, number, command = ""] = /^(\d+)\s*(.*)$/.exec(rest) ?? [];
  if (number === undefined || !Number.isSafeInteger(Number(number))) {
    throw broken(o, `"#S ${rest.slice(0, 40)}"`, "the number of a scan");
  }
  return {
    number: Number(number),
    command: command.trim(),
    date: "",
    motors: new Map(),
    labels: [],
    rows: [],
    isAborted: false,
    spectra: 0,
    columns: null,
  };
}

function addToScan(scan: Draft, o: { key: string; rest: string; motorLines: ReadonlyMap<string, string> }): void {
  const { key, rest } = o;
  if (key === "D" && scan.date === "") scan.date = rest.trim();
  if (key === "C" && /abort/i.test(rest)) scan.isAborted = true;
  if (key === "N" && /^\d+/.test(rest)) scan.columns = Number.parseInt(rest);
  // Labels stay as text until it is known how many there are.
  if (key === "L") scan.labels = [rest];
  if (!/^P\d+$/.test(key)) return;
  const values = rest.trim().split(/\s+/).filter((word) => word !== "").map(Number);
  const names = splitNames(o.motorLines.get(key.slice(1)) ?? "", values.length);
  const motors = scan.motors as Map<string, number>;
  names.forEach((motor, i) => values[i] !== undefined && motors.set(motor, values[i]));
}

function addRow(scan: Draft | undefined, line: string, o: { name: string; number: number }): void {
  const words = line.trim().split(/\s+/);
  // Programs that write as SPEC does have None where there is no number.
  const row = words.map((word) => /^([-+]?nan|none)$/i.test(word) ? NaN : Number(word));
  const wrong = row.findIndex((value, i) => Number.isNaN(value) && !/nan|none/i.test(words[i]!));
  if (wrong >= 0) throw broken(o, `"${words[wrong]!.slice(0, 40)}"`, "a number");
  if (scan === undefined) throw broken(o, "numbers before the first scan", "a line #S");
  const first = scan.rows[0];
  if (first !== undefined && row.length !== first.length) {
    throw broken(o, `${row.length} numbers`, `${first.length} as in the first point of scan ${scan.number}`);
  }
  scan.rows.push(row);
}

/** Labels of a scan, as many as its points have numbers. */
function chooseLabels(scan: Draft, name: string): string[] {
  const count = scan.rows[0]?.length ?? scan.columns;
  const labels = splitNames(scan.labels[0] ?? "", count);
  if (scan.rows.length === 0 || labels.length === scan.rows[0]!.length) return labels;
  throw new DataError(
    `Cannot read scan ${scan.number} of "${name}": found ${
      scan.rows[0]!.length
    } numbers in each point and ${labels.length} names in #L, expected as many`,
    { file: name, found: scan.rows[0]!.length, expected: labels.length },
  );
}

/** Names stand two blanks apart, since they may hold one; where that gives another number than expected, one blank apart. */
function splitNames(text: string, count: number | null): string[] {
  const names = text.trim().split(/\s{2,}|\t/).filter((word) => word !== "");
  if (count === null || names.length === count) return names;
  const words = text.trim().split(/\s+/).filter((word) => word !== "");
  return words.length === count ? words : names;
}

function broken(o: { name: string; number: number }, found: string, expected: string): DataError {
  return new DataError(`Cannot read line ${o.number} of "${o.name}": found ${found}, expected ${expected}`, {
    file: o.name,
    line: o.number,
    found,
  });
}
