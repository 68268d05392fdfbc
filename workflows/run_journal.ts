/** The journal of an embedded orchestrator: runs and their steps in one SQLite file, on disk when a call returns. */

import type { Json } from "../core/json.ts";
import type { RunEnd, StepOutcome } from "./run_context.ts";
import type { RunStatus, RunView } from "./orchestrator.ts";
import { jsonColumn, SqliteFile, type SqliteRow } from "./sqlite_file.ts";

const SCHEMA = `
CREATE TABLE run (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  workflow TEXT NOT NULL,
  input TEXT NOT NULL,
  status TEXT NOT NULL,
  wake REAL NOT NULL,
  submitted REAL NOT NULL,
  changed REAL NOT NULL,
  progress TEXT,
  result TEXT,
  error TEXT
) STRICT;
CREATE INDEX run_by_status ON run (status, number);
CREATE INDEX run_by_wake ON run (status, wake);
CREATE TABLE step (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  name TEXT NOT NULL,
  outcome TEXT NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE sleep (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  name TEXT NOT NULL,
  wake REAL NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE clock (latest REAL NOT NULL) STRICT;
INSERT INTO clock VALUES (0);
`;

const VIEW = `SELECT number, id, workflow, input, status, submitted, changed, progress, result, error,
  (SELECT count(*) FROM step WHERE run = number AND NOT failed) AS steps FROM run`;

/** A run and its number, which no other run ever had. */
export interface RunRow extends RunView {
  readonly number: number;
}

/** A run to be. */
export interface NewRun {
  readonly id: string;
  readonly workflow: string;
  readonly input: Json;
  /** When it may begin, by the steady clock. */
  readonly wake: number;
  readonly now: number;
}

/** What to write when something happened to a run. */
export interface RunChange {
  readonly now: number;
  readonly progress?: Json | undefined;
}

/** The file and its statements. Every method throws `RunError` (`journal`) if the disk is full or broken. */
export class RunJournal {
  readonly #file: SqliteFile;

  /** Opens or makes the file. @throws {RunError} `journal` if it is of a later version, or no journal */
  constructor(path: string) {
    this.#file = new SqliteFile(path, { name: "runs", version: 1, schema: SCHEMA });
  }

  /** False if the id is taken. */
  add({ id, workflow, input, wake, now }: NewRun): boolean {
    const sql = "INSERT INTO run (id, workflow, input, status, wake, submitted, changed) " +
      "VALUES (?, ?, ?, 'pending', ?, ?, ?) ON CONFLICT DO NOTHING";
    return this.#file.run(sql, id, workflow, JSON.stringify(input), wake, now, now) > 0;
  }

  find(id: string): RunRow | null {
    const row = this.#file.get(`${VIEW} WHERE id = ?`, id);
    return row === undefined ? null : runRow(row);
  }

  /** Newest first, at most `limit`, only those below a number. */
  list({ status, limit, below }: { status: RunStatus | undefined; limit: number; below: number }): RunRow[] {
    const [where, values] = status === undefined ? ["", []] : ["AND status = ?", [status]];
    return this.#file.all(`${VIEW} WHERE number < ? ${where} ORDER BY number DESC LIMIT ?`, below, ...values, limit)
      .map(
        runRow,
      );
  }

  /** Runs whose turn has come by the steady clock, in the order they came. */
  due({ now, limit, workflows }: { now: number; limit: number; workflows: readonly string[] }): RunRow[] {
    const sql = `${VIEW} WHERE status = 'pending' AND wake <= ? AND workflow IN (SELECT value FROM json_each(?)) ` +
      "ORDER BY number LIMIT ?";
    return this.#file.all(sql, now, JSON.stringify(workflows), limit).map(runRow);
  }

  /** When the next run is due after `now`; Infinity if none is. */
  nextWake(now: number): number {
    const row = this.#file.get("SELECT min(wake) AS wake FROM run WHERE status = 'pending' AND wake > ?", now);
    return row?.wake === null ? Infinity : Number(row?.wake);
  }

  /** Names of the workflows that runs wait for. */
  awaitedWorkflows(): string[] {
    return this.#file.all("SELECT DISTINCT workflow FROM run WHERE status = 'pending'").map((row) =>
      String(row.workflow)
    );
  }

  /** Runs that the last owner left running wait again. */
  requeue(): void {
    this.#file.run("UPDATE run SET status = 'pending', wake = 0 WHERE status = 'running'");
  }

  /** False if it is not in one of the states `from` any more. */
  move(number: number, { from, to, now }: { from: readonly RunStatus[]; to: RunStatus; now: number }): boolean {
    const sql =
      "UPDATE run SET status = ?, changed = ? WHERE number = ? AND status IN (SELECT value FROM json_each(?))";
    return this.#file.run(sql, to, now, number, JSON.stringify(from)) > 0;
  }

  /** A run that ended waits again, without the failures. */
  restart(number: number, now: number): void {
    this.#file.together(() => {
      const sql =
        "UPDATE run SET status = 'pending', wake = 0, changed = ?, result = NULL, error = NULL WHERE number = ?";
      this.#file.run(sql, now, number);
      this.#file.run("DELETE FROM step WHERE run = ? AND failed", number);
    });
  }

  /** How a running run ended. */
  end(number: number, end: RunEnd, { now, progress }: RunChange): void {
    const [status, result, error] = "result" in end
      ? ["done", JSON.stringify(end.result), null]
      : ["failed", null, JSON.stringify(end.error)];
    const sql = "UPDATE run SET status = ?, result = ?, error = ?, changed = ?, progress = coalesce(?, progress) " +
      "WHERE number = ? AND status = 'running'";
    this.#file.run(sql, status, result, error, now, optional(progress), number);
  }

  /** Notes the time and the progress. False if the run is not there any more. */
  touch(number: number, { now, progress }: RunChange): boolean {
    const sql = "UPDATE run SET changed = ?, progress = coalesce(?, progress) WHERE number = ?";
    return this.#file.run(sql, now, optional(progress), number) > 0;
  }

  remove(number: number): void {
    this.#file.run("DELETE FROM run WHERE number = ?", number);
  }

  step(number: number, name: string): StepOutcome | null {
    const row = this.#file.get("SELECT outcome FROM step WHERE run = ? AND name = ?", number, name);
    return row === undefined ? null : JSON.parse(String(row.outcome));
  }

  /** Adds a step, once; nothing if the run is not there any more. */
  addStep(number: number, { name, outcome }: { name: string; outcome: StepOutcome }, change: RunChange): void {
    this.#file.together(() => {
      if (!this.touch(number, change)) return;
      const failed = "failure" in outcome ? 1 : 0;
      const step = "INSERT INTO step VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
      this.#file.run(step, number, name, JSON.stringify(outcome), failed);
    });
  }

  /** When a wait ends, by the steady clock; at first `wake`. */
  sleep(number: number, { name, wake }: { name: string; wake: number }): number {
    const sql = "INSERT INTO sleep SELECT number, ?, ? FROM run WHERE number = ? ON CONFLICT DO NOTHING";
    this.#file.run(sql, name, wake, number);
    return Number(this.#file.get("SELECT wake FROM sleep WHERE run = ? AND name = ?", number, name)?.wake ?? wake);
  }

  /** The latest moment that any owner saw, by the steady clock. */
  latest(): number {
    return Number(this.#file.get("SELECT latest FROM clock")!.latest);
  }

  saw(now: number): void {
    this.#file.run("UPDATE clock SET latest = max(latest, ?)", now);
  }

  close(): void {
    this.#file.close();
  }
}

function runRow(row: SqliteRow): RunRow {
  return {
    number: Number(row.number),
    id: String(row.id),
    workflow: String(row.workflow),
    status: String(row.status) as RunStatus,
    input: jsonColumn(row.input),
    progress: jsonColumn(row.progress),
    result: jsonColumn(row.result),
    error: jsonColumn(row.error),
    submitted: new Date(Number(row.submitted)),
    changed: new Date(Number(row.changed)),
    steps: Number(row.steps),
  };
}

function optional(value: Json | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
