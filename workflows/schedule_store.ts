/** Schedules and what they started, in one SQLite file. Several processes may work on it: what is decided once stays decided. */

import { createHash } from "node:crypto";
import type { ScheduleStart, WholeSchedule } from "../functions/api/schedule_shape.ts";
import type { Json } from "../core/json.ts";
import type { Decision, OpenStart, ScheduleEvent } from "./schedule_decision.ts";
import { jsonColumn, SqliteFile, type SqliteRow } from "./sqlite_file.ts";

const SCHEMA = `
CREATE TABLE schedule (
  id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL,
  owner TEXT,
  created REAL NOT NULL,
  changed REAL NOT NULL,
  since REAL NOT NULL,
  floor REAL NOT NULL,
  looked REAL NOT NULL,
  problem TEXT
) STRICT;
CREATE TABLE start (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule TEXT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
  event TEXT NOT NULL,
  due REAL NOT NULL,
  file TEXT,
  run TEXT,
  state TEXT NOT NULL,
  reason TEXT,
  request TEXT,
  UNIQUE (schedule, event)
) STRICT;
CREATE INDEX start_by_state ON start (schedule, state, number);
CREATE TABLE revision (latest INTEGER NOT NULL) STRICT;
INSERT INTO revision VALUES (0);
`;

/** So many of the latest starts at set times are kept; older ones cannot come again, see `floor`. */
const KEPT_TIMES = 1000;

/** A schedule with what is known of it. Times are milliseconds since 1970. */
export interface StoredSchedule extends WholeSchedule {
  readonly id: string;
  /** No other content of any schedule ever has it. */
  readonly revision: number;
  readonly owner: string | null;
  readonly created: number;
  readonly changed: number;
  /** What was due up to then is decided. */
  readonly since: number;
  /** Nothing up to then may be decided again, even if the clock is set back: what was decided is forgotten. */
  readonly floor: number;
  /** When somebody looked for files last. */
  readonly looked: number;
  readonly problem: string | null;
}

/** A start as it is kept. */
export interface StoredStart extends Omit<ScheduleStart, "due"> {
  readonly number: number;
  /** Key of what it is for. */
  readonly event: string;
  readonly due: number;
  /** What is submitted; null until it was made. */
  readonly request: Json | null;
}

/** What makes a schedule or changes it. */
export interface ScheduleChange {
  readonly id: string;
  readonly body: WholeSchedule;
  readonly owner: string | null;
  readonly now: number;
  /** Whether what happened until now does not count. */
  readonly isAnew: boolean;
  /** Events of files that are there and do not count. */
  readonly existing: readonly ScheduleEvent[];
}

/** The file. Every method throws `RunError` (`journal`) if the disk is full or broken. */
export class ScheduleStore implements Disposable {
  readonly #file: SqliteFile;

  /** Opens or makes the file. @throws {RunError} `journal` if it is of a later version, or no such file */
  constructor(path: string) {
    this.#file = new SqliteFile(path, { name: "schedules", version: 1, schema: SCHEMA });
  }

  /** In the order of their ids. */
  list(): StoredSchedule[] {
    return this.#file.all("SELECT * FROM schedule ORDER BY id").map(scheduleRow);
  }

  find(id: string): StoredSchedule | null {
    const row = this.#file.get("SELECT * FROM schedule WHERE id = ?", id);
    return row === undefined ? null : scheduleRow(row);
  }

  /** Makes a schedule or gives it another content. */
  write({ id, body, owner, now, isAnew, existing }: ScheduleChange): void {
    this.#file.together(() => {
      this.#file.run("UPDATE revision SET latest = latest + 1");
      const revision = Number(this.#file.get("SELECT latest FROM revision")!.latest);
      this.#file.run(
        "INSERT INTO schedule VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5, 0, ?5, NULL) ON CONFLICT (id) DO UPDATE SET " +
          "revision = ?2, body = ?3, changed = ?5, problem = NULL, " +
          "since = iif(?6, ?5, since), looked = iif(?6, ?5, looked)",
        id,
        revision,
        JSON.stringify(body),
        owner,
        now,
        isAnew ? 1 : 0,
      );
      const skipped = "it was there before the schedule";
      this.#add(this.find(id)!, existing.map((event) => ({ event, skipped })));
    });
  }

  /** False if there is none. Its runs go on. */
  remove(id: string): boolean {
    return this.#file.run("DELETE FROM schedule WHERE id = ?", id) > 0;
  }

  /**
   * Decides on events and notes up to when that was, as one. `decide` gets the schedule and its open starts as they are now; nothing
   * happens if the schedule has another content than its `revision` says.
   */
  decide(
    { id, revision }: Pick<StoredSchedule, "id" | "revision">,
    decide: (schedule: StoredSchedule, open: readonly OpenStart[]) => {
      readonly decisions: readonly Decision[];
      readonly since: number;
    },
  ): void {
    this.#file.together(() => {
      const schedule = this.find(id);
      if (schedule?.revision !== revision || !schedule.enabled) return;
      const { decisions, since } = decide(schedule, this.open(id));
      this.#add(schedule, decisions);
      if (since !== schedule.since) this.#file.run("UPDATE schedule SET since = ? WHERE id = ?", since, id);
      if (decisions.length > 0) this.#forget(id);
    });
  }

  /** Notes that somebody looked for files. */
  looked(id: string, now: number): void {
    this.#file.run("UPDATE schedule SET looked = ? WHERE id = ?", now, id);
  }

  /** Notes what is in the way of a schedule; null for nothing. */
  noteProblem(id: string, problem: string | null): void {
    this.#file.run("UPDATE schedule SET problem = ? WHERE id = ?", problem, id);
  }

  /** Whether an event was decided on. */
  isRecorded(id: string, key: string): boolean {
    return this.#file.get("SELECT 1 FROM start WHERE schedule = ? AND event = ?", id, key) !== undefined;
  }

  /** Starts that have not come to their end, earliest first. */
  open(id: string): OpenStart[] {
    const sql =
      "SELECT number, state FROM start WHERE schedule = ? AND state IN ('waiting', 'started') ORDER BY number";
    return this.#file.all(sql, id).map((row) => {
      return { number: Number(row.number), state: String(row.state) as OpenStart["state"] };
    });
  }

  start(number: number): StoredStart | null {
    const row = this.#file.get("SELECT * FROM start WHERE number = ?", number);
    return row === undefined ? null : startRow(row);
  }

  /** Latest first. */
  starts(id: string, limit: number): StoredStart[] {
    const sql = "SELECT * FROM start WHERE schedule = ? ORDER BY number DESC LIMIT ?";
    return this.#file.all(sql, id, limit).map(startRow);
  }

  /** Fixes what a start submits; if somebody did before, that stays. @returns what is submitted, null if it is not to be any more */
  fixRequest(number: number, request: Json): Json {
    this.#file.run(
      "UPDATE start SET request = ? WHERE number = ? AND request IS NULL",
      JSON.stringify(request),
      number,
    );
    return this.start(number)?.request ?? null;
  }

  /** Moves a start on. False if somebody moved it before. The request is needed no more once it was submitted. */
  move(
    number: number,
    { from, to, reason = null }: { from: "waiting" | "started"; to: ScheduleStart["state"]; reason?: string | null },
  ): boolean {
    const sql = "UPDATE start SET state = ?, reason = ?, request = NULL WHERE number = ? AND state = ?";
    return this.#file.run(sql, to, reason, number, from) > 0;
  }

  close(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #add(schedule: Pick<StoredSchedule, "id" | "revision">, decisions: readonly Decision[]): void {
    const sql = "INSERT INTO start (schedule, event, due, file, run, state, reason) VALUES (?, ?, ?, ?, ?, ?, ?) " +
      "ON CONFLICT DO NOTHING";
    for (const { event, skipped } of decisions) {
      const { key, due, file } = event;
      const [run, state] = skipped === null ? [runId(schedule, event), "waiting"] : [null, "skipped"];
      this.#file.run(sql, schedule.id, key, due, file, run, state, skipped);
    }
  }

  /** Files are remembered as long as their schedule: they may still be there. */
  #forget(id: string): void {
    const old = "SELECT number FROM start WHERE schedule = ?1 AND file IS NULL ORDER BY number DESC LIMIT 1 OFFSET ?2";
    const where = `schedule = ?1 AND file IS NULL AND state NOT IN ('waiting', 'started') AND number <= (${old})`;
    this.#file.run(
      `UPDATE schedule SET floor = max(floor, coalesce((SELECT max(due) FROM start WHERE ${where}), 0)) WHERE id = ?1`,
      id,
      KEPT_TIMES,
    );
    this.#file.run(`DELETE FROM start WHERE ${where}`, id, KEPT_TIMES);
  }
}

/** The id of the run that an event starts: always the same one for the same event and content of the schedule. */
export function runId(
  { id, revision }: Pick<StoredSchedule, "id" | "revision">,
  { key, file }: Pick<ScheduleEvent, "key" | "file">,
): string {
  const hash = createHash("sha256").update(JSON.stringify([id, revision, key])).digest("hex").slice(0, 20);
  return file === null ? `${id}-${key.replace(/[-:]|\.\d+/g, "")}-${hash}` : `${id}-${hash}`;
}

function scheduleRow(row: SqliteRow): StoredSchedule {
  return {
    ...jsonColumn<WholeSchedule>(row.body)!,
    id: String(row.id),
    revision: Number(row.revision),
    owner: row.owner === null ? null : String(row.owner),
    created: Number(row.created),
    changed: Number(row.changed),
    since: Number(row.since),
    floor: Number(row.floor),
    looked: Number(row.looked),
    problem: row.problem === null ? null : String(row.problem),
  };
}

function startRow(row: SqliteRow): StoredStart {
  return {
    number: Number(row.number),
    event: String(row.event),
    due: Number(row.due),
    file: row.file === null ? null : String(row.file),
    state: String(row.state) as ScheduleStart["state"],
    reason: row.reason === null ? null : String(row.reason),
    run: row.run === null ? null : String(row.run),
    request: jsonColumn(row.request),
  };
}
