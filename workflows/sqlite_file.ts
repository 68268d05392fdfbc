/** One SQLite file: on disk when a call returns, its version checked, its errors told as those of a journal. */

import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { RunError } from "./orchestrator.ts";

/** What a file holds. */
export interface SqliteContent {
  /** For messages: `runs`. */
  readonly name: string;
  /** Of the schema. A file of a later version is refused; one of an earlier version would be brought up to date here. */
  readonly version: number;
  /** Makes the tables of an empty file. */
  readonly schema: string;
}

/** A value of a column. */
export type SqliteValue = string | number | null;

/** A row by the names of its columns. */
export type SqliteRow = Readonly<Record<string, SQLOutputValue>>;

/** Other processes that write the same file are waited for so long. */
const BUSY_MILLISECONDS = 5000;

/** An open file. Every method throws `RunError` (`journal`) if the disk is full or broken. */
export class SqliteFile implements Disposable {
  readonly #path: string;
  readonly #content: SqliteContent;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens or makes the file. @throws {RunError} `journal` if it is of a later version, or no such file */
  constructor(path: string, content: SqliteContent) {
    this.#path = path;
    this.#content = content;
    this.#db = this.#try(() => new DatabaseSync(path));
    try {
      const settings = `PRAGMA busy_timeout = ${BUSY_MILLISECONDS}; PRAGMA journal_mode = WAL; ` +
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";
      this.#try(() => this.#db.exec(settings));
      this.together(() => this.#makeTables());
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** @returns how many rows changed */
  run(sql: string, ...values: readonly SqliteValue[]): number {
    return this.#try(() => Number(this.#prepare(sql).run(...values).changes));
  }

  get(sql: string, ...values: readonly SqliteValue[]): SqliteRow | undefined {
    return this.#try(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: readonly SqliteValue[]): SqliteRow[] {
    return this.#try(() => this.#prepare(sql).all(...values));
  }

  /** Does `work` as one transaction, alone among all processes: all of it is on disk, or nothing. */
  together<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const value = this.#try(work);
      this.run("COMMIT");
      return value;
    } catch (error) {
      // A full disk has rolled back by itself.
      if (this.#db.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #makeTables(): void {
    const { name, version, schema } = this.#content;
    const found = Number(this.get("PRAGMA user_version")!.user_version);
    if (found > version) {
      const message =
        `Cannot open the ${name} in "${this.#path}": found journal version ${found}, expected ${version}; ` +
        "use the version of Exitwave that wrote it, or choose another folder";
      throw new RunError("journal", message, { path: this.#path, found, expected: version });
    }
    if (found === 0) this.#try(() => this.#db.exec(`${schema};\nPRAGMA user_version = ${version};`));
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") throw error;
      const fields = { path: this.#path, found: error.message };
      const message = `Cannot use the journal of ${this.#content.name} "${this.#path}": found ` +
        `"${error.message}"; see that the disk has space and that the file is a journal`;
      throw new RunError("journal", message, fields, error);
    }
  }
}

/** The value of a column that holds JSON, null if it holds nothing. */
export function jsonColumn<T>(value: SQLOutputValue | undefined): T | null {
  return value === null || value === undefined ? null : JSON.parse(String(value));
}
