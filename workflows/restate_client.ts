/** What a Restate server knows of runs, over HTTP: its ingress takes them, its admin interface tells of them. */

import type { Json } from "../core/json.ts";
import { RunError, type RunFailure, type RunStatus, type RunView } from "./orchestrator.ts";
import {
  BEGAN,
  OUTCOME,
  PROGRESS,
  RECORD,
  type RunOutcome,
  type RunRecord,
  type RunRequest,
  SERVICE,
  STEP,
} from "./restate_state.ts";
import { wait } from "../functions/wait.ts";

/** A restarting server is back after about a second. */
const RETRY_MILLISECONDS = 100;

/** For so long a server that was reached may take to answer, however impatient who asks is. */
const ANSWER_MILLISECONDS = 10_000;

const PATIENCE_MILLISECONDS = 10_000;

const NEVER = new AbortController().signal;

/** Where a Restate server is. */
export interface RestateServer {
  /** Such as `http://127.0.0.1:8080`. */
  readonly ingress: string;
  /** Such as `http://127.0.0.1:9070`. */
  readonly admin: string;
  /** For so long a server that cannot be reached is tried again; 10 s unless told. */
  readonly patienceMilliseconds?: number;
}

/** One time that a run was started. */
export interface Invocation {
  readonly id: string;
  readonly run: string;
  /** `scheduled`, `inboxed`, `invoked`, `suspended`, `paused` or `completed`. */
  readonly status: string;
  readonly created: string;
  readonly modified: string;
  readonly failure: string | null;
}

/** A run with all its invocations, the oldest first. */
export interface KnownRun {
  readonly view: RunView;
  readonly invocations: readonly Invocation[];
}

/** Talks to a Restate server. Every method throws `RunError` (`unreachable`) if that does not work. */
export interface RestateClient {
  /** The runs among `ids` that there are. Just after a restart the server may tell of an earlier time. */
  runs(ids: readonly string[]): Promise<Map<string, KnownRun>>;
  /** One run, as it stands now. */
  run(id: string): Promise<KnownRun | undefined>;
  /** All ids, newest first. */
  ids(): Promise<string[]>;
  /** False if a run was started under this idempotency key before. */
  start(id: string, request: RunRequest, idempotencyKey: string): Promise<boolean>;
  /** Changes an invocation; false if there is none any more. */
  change(invocation: string, change: "cancel" | "purge" | "resume"): Promise<boolean>;
  forgetState(id: string): Promise<void>;
}

/** Makes a client; it holds no connection of its own. */
export function createRestateClient(server: RestateServer): RestateClient {
  async function runs(ids: readonly string[], asked = server): Promise<Map<string, KnownRun>> {
    const query = <Row>(sql: string) => queryRows<Row>(asked, sql);
    if (ids.length === 0) return new Map();
    const invocations = Map.groupBy(await query<InvocationRow>(invocationsOf(ids)), ({ run }) => run);
    if (invocations.size === 0) return new Map();
    // Asked for later than the invocations: one that has ended has left its outcome in the state.
    const states = new Map((await query<StateRow>(statesOf(invocations))).map((row) => [row.run, readState(row)]));
    const fresh = [...invocations].flatMap(([run, all]) => states.get(run)?.record ? [] : [all.at(-1)!.id]);
    const inputs = new Map(fresh.length === 0 ? [] : (await query<InputRow>(inputsOf(fresh))).map(readInput));
    return new Map([...invocations].flatMap(([run, all]) => {
      const state = states.get(run) ?? NO_STATE;
      const request = state.record ?? inputs.get(all.at(-1)!.id);
      // Ended before it began, a week ago or longer: the server does not have its input any more.
      if (request === undefined) return [];
      return [[run, { view: viewOf(request, { invocations: all, state }), invocations: all }]];
    }));
  }

  return {
    runs,
    async run(id) {
      const end = performance.now() + (server.patienceMilliseconds ?? PATIENCE_MILLISECONDS);
      for (;;) {
        await caughtUp(server, id);
        try {
          return (await runs([id], { ...server, patienceMilliseconds: 0 })).get(id);
        } catch (error) {
          // The server went away in between: when it is back it has to catch up first.
          const again = error instanceof RunError && error.reason === "unreachable" && performance.now() < end;
          if (!again) throw error;
          await wait(RETRY_MILLISECONDS, NEVER);
        }
      }
    },
    async ids() {
      const sql = `SELECT target_service_key AS run, min(created_at) AS first FROM sys_invocation_status ${OURS} ` +
        "GROUP BY target_service_key ORDER BY first DESC, run DESC";
      return (await queryRows<{ run: string }>(server, sql)).map(({ run }) => run);
    },
    async start(id, request, idempotencyKey) {
      const headers = { "idempotency-key": idempotencyKey };
      const url = `${server.ingress}/${SERVICE}/${id}/run/send`;
      const { status, text } = await send(server, url, { body: request, headers });
      if (status >= 300) throw unreachable(url, `status ${status} (${text})`);
      return (JSON.parse(text) as { status: string }).status === "Accepted";
    },
    async change(invocation, change) {
      const { status } = await send(server, `${server.admin}/invocations/${invocation}/${change}`, { method: "PATCH" });
      return status < 300;
    },
    async forgetState(id) {
      await send(server, `${server.admin}/services/${SERVICE}/state`, { body: { object_key: id, new_state: {} } });
    },
  };
}

/**
 * Makes a worker known to the server: all runs go to the address that was registered last, where any number of workers may
 * listen. Registering it again is harmless, and needed when its time limits change.
 *
 * @throws {RunError} `unreachable` if the server cannot be reached, or cannot reach the worker
 */
export async function registerRestateWorker(server: RestateServer, uri: string): Promise<void> {
  const url = `${server.admin}/deployments`;
  const { status, text } = await send(server, url, { body: { uri, force: true } });
  if (status >= 300) throw unreachable(url, `status ${status} (${text})`);
}

async function queryRows<Row>(server: RestateServer, sql: string): Promise<Row[]> {
  const { text } = await send(server, `${server.admin}/query`, { body: { query: sql } });
  return (JSON.parse(text) as { rows: Row[] }).rows;
}

/**
 * Waits until the part of the server that has this run knows all that it was ever told. After a restart it reads its log for a
 * moment, in which queries are answered already; whether an invocation is there is answered after that.
 */
async function caughtUp(server: RestateServer, id: string): Promise<void> {
  const url = `${server.ingress}/restate/invocation/${SERVICE}/${encodeURIComponent(id)}/run/none/output`;
  await send(server, url, { method: "GET", accept: ({ text }) => text.includes("invocation not found") });
}

const OURS = `WHERE target_service_name = '${SERVICE}' AND target_handler_name = 'run'`;

interface InvocationRow extends Invocation {
  /** Of all that belongs to the run; narrows a query to it. */
  readonly partition: string;
}

function invocationsOf(ids: readonly string[]): string {
  return "SELECT id, CAST(partition_key AS VARCHAR) AS partition, target_service_key AS run, status, " +
    "created_at AS created, modified_at AS modified, completion_failure AS failure " +
    `FROM sys_invocation_status ${OURS} AND target_service_key IN (${quoted(ids)}) ORDER BY created_at, id`;
}

/** A row per run: the server sends more than a few slowly, and there may be many steps. */
function statesOf(runs: ReadonlyMap<string, readonly InvocationRow[]>): string {
  const values = Object.entries({ record: RECORD, began: BEGAN, progress: PROGRESS, outcome: OUTCOME })
    .map(([name, key]) => `max(CASE WHEN key = '${key}' THEN value_utf8 END) AS ${name}`);
  const partitions = [...runs.values()].map(([first]) => first!.partition);
  return `SELECT service_key AS run, ${values.join(", ")}, count(*) FILTER (WHERE key LIKE '${STEP}%') AS steps ` +
    `FROM state WHERE service_name = '${SERVICE}' AND partition_key IN (${partitions.join(", ")}) ` +
    `AND service_key IN (${quoted([...runs.keys()])}) GROUP BY service_key`;
}

interface StateRow {
  readonly run: string;
  readonly record?: string;
  readonly began?: string;
  readonly progress?: string;
  readonly outcome?: string;
  readonly steps: number;
}

interface State {
  readonly record: RunRecord | null;
  /** The invocation that began last. */
  readonly began: string | null;
  readonly progress: Json | null;
  readonly outcome: RunOutcome | null;
  readonly steps: number;
}

const NO_STATE: State = { record: null, began: null, progress: null, outcome: null, steps: 0 };

function readState({ record, began, progress, outcome, steps }: StateRow): State {
  const parse = (text: string | undefined) => text === undefined ? null : JSON.parse(text);
  return { record: parse(record), began: parse(began), progress: parse(progress), outcome: parse(outcome), steps };
}

interface InputRow {
  readonly id: string;
  readonly entry: string;
}

function inputsOf(invocations: readonly string[]): string {
  return `SELECT id, entry_json AS entry FROM sys_journal WHERE index = 0 AND id IN (${quoted(invocations)})`;
}

function readInput({ id, entry }: InputRow): [string, RunRequest] {
  const { Command: { Input: { payload } } } = JSON.parse(entry) as { Command: { Input: { payload: number[] } } };
  return [id, JSON.parse(new TextDecoder().decode(Uint8Array.from(payload)))];
}

function viewOf(
  { workflow, input, submitted }: RunRequest,
  { invocations, state }: { readonly invocations: readonly Invocation[]; readonly state: State },
): RunView {
  const last = invocations.at(-1)!;
  const end = endOf(last, state);
  return {
    id: last.run,
    workflow,
    input,
    status: end?.status ?? (state.began === last.id ? "running" : "pending"),
    progress: state.progress,
    result: end?.result ?? null,
    error: end?.error ?? null,
    submitted: new Date(submitted),
    changed: new Date(last.modified),
    steps: state.steps,
  };
}

/** How the last invocation ended; null if it has not. */
function endOf(
  { id, status, failure }: Invocation,
  { outcome }: State,
): { readonly status: RunStatus; readonly result?: Json; readonly error?: RunFailure } | null {
  if (status !== "completed") return null;
  if (outcome?.invocation !== id) {
    // Ended at the server, without the worker: 409 says that someone cancelled or killed it.
    if (failure?.startsWith("[409]")) return { status: "cancelled" };
    return { status: "failed", error: { tag: "Error", message: failure ?? "Ended without a result", fields: {} } };
  }
  if ("cancelled" in outcome) return { status: "cancelled" };
  return "error" in outcome ? { status: "failed", error: outcome.error } : { status: "done", result: outcome.result };
}

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether this is the server's answer, or it is not ready; unless told all but errors of the server are. */
  readonly accept?: (answer: Answer) => boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Calls the server, again while it cannot be reached or is not ready. All calls may be repeated. */
async function send(
  { patienceMilliseconds = PATIENCE_MILLISECONDS }: RestateServer,
  url: string,
  { method = "POST", body, headers = {}, accept = ({ status }) => status < 500 }: Call,
): Promise<Answer> {
  const end = performance.now() + patienceMilliseconds;
  for (;;) {
    let found: string;
    let cause: unknown;
    try {
      const response = await fetch(url, {
        method,
        headers: { accept: "application/json", "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
      });
      const answer = { status: response.status, text: await response.text() };
      if (accept(answer)) return answer;
      found = `status ${answer.status} (${answer.text.slice(0, 200)})`;
    } catch (error) {
      // Deno's fetch throws TypeError for whatever happens to a connection.
      const late = error instanceof DOMException && error.name === "TimeoutError";
      if (!(error instanceof TypeError || late)) throw error;
      [found, cause] = [error.message, error];
    }
    if (performance.now() > end) throw unreachable(url, found, cause);
    await wait(RETRY_MILLISECONDS, NEVER);
  }
}

function unreachable(url: string, found: string, cause?: unknown): RunError {
  const { host } = new URL(url);
  const message =
    `Cannot ask the Restate server at ${host}: found ${found}; see that it runs, and that a worker is registered`;
  return new RunError("unreachable", message, { host }, cause);
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(", ");
}
