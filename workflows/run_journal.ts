/** The journal of an embedded orchestrator: runs and their steps in one SQLite file, on disk when a call returns. */

import type { Json } from "../core/json.ts";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import type { RunEnd, StepOutcome } from "./run_context.ts";
import { RunError, type RunFailure, type RunStatus, type RunView } from "./orchestrator.ts";

/** Of the tables below. A file of a later version is refused; one of an earlier version would be brought up to date here. */
const VERSION = 1;

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
PRAGMA user_version = ${VERSION};
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
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens or makes the file. @throws {RunError} `journal` if it is of a later version, or no journal */
  constructor(path: string) {
    this.#path = path;
    this.#db = this.#try(() => new DatabaseSync(path));
    try {
      this.#try(() => this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
      const found = Number(this.#get("PRAGMA user_version")!.user_version);
      if (found > VERSION) {
        const message = `Cannot open the runs in "${path}": found journal version ${found}, expected ${VERSION}; ` +
          "use the version of Exitwave that wrote it, or choose another folder";
        throw new RunError("journal", message, { path, found, expected: VERSION });
      }
      if (found === 0) this.#together(() => this.#db.exec(SCHEMA));
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** False if the id is taken. */
  add({ id, workflow, input, wake, now }: NewRun): boolean {
    const sql = "INSERT INTO run (id, workflow, input, status, wake, submitted, changed) " +
      "VALUES (?, ?, ?, 'pending', ?, ?, ?) ON CONFLICT DO NOTHING";
    return this.#run(sql, id, workflow, JSON.stringify(input), wake, now, now) > 0;
  }

  find(id: string): RunRow | null {
    const row = this.#get(`${VIEW} WHERE id = ?`, id);
    return row === undefined ? null : runRow(row);
  }

  /** Newest first, at most `limit`, only those below a number. */
  list({ status, limit, below }: { status: RunStatus | undefined; limit: number; below: number }): RunRow[] {
    const [where, values] = status === undefined ? ["", []] : ["AND status = ?", [status]];
    return this.#all(`${VIEW} WHERE number < ? ${where} ORDER BY number DESC LIMIT ?`, below, ...values, limit).map(
      runRow,
    );
  }

  /** Runs whose turn has come by the steady clock, in the order they came. */
  due({ now, limit, workflows }: { now: number; limit: number; workflows: readonly string[] }): RunRow[] {
    const sql = `${VIEW} WHERE status = 'pending' AND wake <= ? AND workflow IN (SELECT value FROM json_each(?)) ` +
      "ORDER BY number LIMIT ?";
    return this.#all(sql, now, JSON.stringify(workflows), limit).map(runRow);
  }

  /** When the next run is due after `now`; Infinity if none is. */
  nextWake(now: number): number {
    const row = this.#get("SELECT min(wake) AS wake FROM run WHERE status = 'pending' AND wake > ?", now);
    return row?.wake === null ? Infinity : Number(row?.wake);
  }

  /** Names of the workflows that runs wait for. */
  awaitedWorkflows(): string[] {
    return this.#all("SELECT DISTINCT workflow FROM run WHERE status = 'pending'").map((row) => String(row.workflow));
  }

  /** Runs that the last owner left running wait again. */
  requeue(): void {
    this.#run("UPDATE run SET status = 'pending', wake = 0 WHERE status = 'running'");
  }

  /** False if it is not in one of the states `from` any more. */
  move(number: number, { from, to, now }: { from: readonly RunStatus[]; to: RunStatus; now: number }): boolean {
    const sql =
      "UPDATE run SET status = ?, changed = ? WHERE number = ? AND status IN (SELECT value FROM json_each(?))";
    return this.#run(sql, to, now, number, JSON.stringify(from)) > 0;
  }

  /** A run that ended waits again, without the failures. */
  restart(number: number, now: number): void {
    this.#together(() => {
      const sql =
        "UPDATE run SET status = 'pending', wake = 0, changed = ?, result = NULL, error = NULL WHERE number = ?";
      this.#run(sql, now, number);
      this.#run("DELETE FROM step WHERE run = ? AND failed", number);
    });
  }

  /** How a running run ended. */
  end(number: number, end: RunEnd, { now, progress }: RunChange): void {
    const [status, result, error] = "result" in end
      ? ["done", JSON.stringify(end.result), null]
      : ["failed", null, JSON.stringify(end.error)];
    const sql = "UPDATE run SET status = ?, result = ?, error = ?, changed = ?, progress = coalesce(?, progress) " +
      "WHERE number = ? AND status = 'running'";
    this.#run(sql, status, result, error, now, optional(progress), number);
  }

  /** Notes the time and the progress. False if the run is not there any more. */
  touch(number: number, { now, progress }: RunChange): boolean {
    const sql = "UPDATE run SET changed = ?, progress = coalesce(?, progress) WHERE number = ?";
    return this.#run(sql, now, optional(progress), number) > 0;
  }

  remove(number: number): void {
    this.#run("DELETE FROM run WHERE number = ?", number);
  }

  step(number: number, name: string): StepOutcome | null {
    const row = this.#get("SELECT outcome FROM step WHERE run = ? AND name = ?", number, name);
    return row === undefined ? null : JSON.parse(String(row.outcome));
  }

  /** Adds a step, once; nothing if the run is not there any more. */
  addStep(number: number, { name, outcome }: { name: string; outcome: StepOutcome }, change: RunChange): void {
    this.#together(() => {
      if (!this.touch(number, change)) return;
      const failed = "failure" in outcome ? 1 : 0;
      const step = "INSERT INTO step VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
      this.#run(step, number, name, JSON.stringify(outcome), failed);
    });
  }

  /** When a wait ends, by the steady clock; at first `wake`. */
  sleep(number: number, { name, wake }: { name: string; wake: number }): number {
    const sql = "INSERT INTO sleep SELECT number, ?, ? FROM run WHERE number = ? ON CONFLICT DO NOTHING";
    this.#run(sql, name, wake, number);
    return Number(this.#get("SELECT wake FROM sleep WHERE run = ? AND name = ?", number, name)?.wake ?? wake);
  }

  /** The latest moment that any owner saw, by the steady clock. */
  latest(): number {
    return Number(this.#get("SELECT latest FROM clock")!.latest);
  }

  saw(now: number): void {
    this.#run("UPDATE clock SET latest = max(latest, ?)", now);
  }

  close(): void {
    this.#db.close();
  }

  #run(sql: string, ...values: (string | number | null)[]): number {
    return this.#try(() => Number(this.#prepare(sql).run(...values).changes));
  }

  #get(sql: string, ...values: (string | number | null)[]): Row | undefined {
    return this.#try(() => this.#prepare(sql).get(...values));
  }

  #all(sql: string, ...values: (string | number | null)[]): Row[] {
    return this.#try(() => this.#prepare(sql).all(...values));
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }

  #together(write: () => void): void {
    this.#run("BEGIN IMMEDIATE");
    try {
      this.#try(write);
      this.#run("COMMIT");
    } catch (error) {
      // A full disk has rolled back by itself.
      if (this.#db.isTransaction) this.#run("ROLLBACK");
      throw error;
    }
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") throw error;
      const fields = { path: this.#path, found: error.message };
      const message = `Cannot use the journal of runs "${this.#path}": found "${error.message}"; ` +
        "see that the disk has space and that the file is a journal";
      throw new RunError("journal", message, fields, error);
    }
  }
}

type Row = Record<string, SQLOutputValue>;

function runRow(row: Row): RunRow {
  return {
    number: Number(row.number),
    id: String(row.id),
    workflow: String(row.workflow),
    status: String(row.status) as RunStatus,
    input: json(row.input),
    progress: json(row.progress),
    result: json(row.result),
    error: json(row.error) as RunFailure | null,
    submitted: new Date(Number(row.submitted)),
    changed: new Date(Number(row.changed)),
    steps: Number(row.steps),
  };
}

function json(value: SQLOutputValue | undefined): Json {
  return value === null || value === undefined ? null : JSON.parse(String(value));
}

function optional(value: Json | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
