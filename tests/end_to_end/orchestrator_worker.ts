/** A process that does runs, to be killed and frozen: an embedded orchestrator or a Restate worker, and a workflow that leaves traces. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openEmbeddedOrchestrator } from "../../workflows/embedded.ts";
import type { Json } from "../../core/json.ts";
import type { RunView, WorkflowContext } from "../../workflows/orchestrator.ts";
import { createRestateHandler } from "../../workflows/restate.ts";
import { wait } from "../../functions/wait.ts";

/** Input of the workflow `chain`. */
export interface Chain {
  /** Where steps leave their traces. */
  readonly folder: string;
  readonly steps: number;
  /** What each takes. */
  readonly milliseconds: number;
}

/** What the process does, as the JSON of its one argument. */
export type Task =
  | {
    readonly kind: "embedded";
    readonly folder: string;
    readonly id: string;
    readonly chain: Chain;
    readonly stepTimeoutMilliseconds: number;
  }
  | { readonly kind: "restate"; readonly port: number; readonly stepTimeoutMilliseconds: number };

/** Steps that build on each other; each leaves a file that can be made once, and notes when it begins and ends. */
export async function chain(context: WorkflowContext, input: Json): Promise<Json> {
  const { folder, steps, milliseconds } = input as unknown as Chain;
  let value = 1;
  for (let i = 0; i < steps; i++) {
    const previous = value;
    value = await context.step(`step ${i}`, async (signal) => {
      note(folder, `begin ${i} ${Deno.pid}`);
      await wait(milliseconds, signal);
      const next = link(previous, i);
      if (!createOnce(join(folder, String(i)), `${next} ${Deno.pid}`)) note(folder, `again ${i} ${Deno.pid}`);
      note(folder, `end ${i} ${Deno.pid}`);
      return next;
    });
    context.report({ step: i });
  }
  return value;
}

/** Checks that a run of `chain` ended with every step done, in order, and none begun or ended after a later one began. */
export function checkChain(run: RunView, { folder, steps }: Chain): void {
  let value = 1;
  for (let i = 0; i < steps; i++) {
    value = link(value, i);
    assert.equal(Number.parseInt(Deno.readTextFileSync(join(folder, String(i)))), value);
  }
  assert.deepEqual([run.status, run.result, run.steps], ["done", value, steps], Deno.inspect(run));
  let latest = -1;
  for (const [what, step, pid] of traces(folder)) {
    const i = Number(step);
    assert.ok(i === latest || (what === "begin" && i === latest + 1), `${what} ${i} in ${pid} after ${latest} began`);
    latest = i;
  }
  assert.equal(latest, steps - 1);
}

/** What the steps noted: what, which step, in which process. */
export function traces(folder: string): string[][] {
  return Deno.readTextFileSync(join(folder, "log")).trim().split("\n").map((line) => line.split(" "));
}

/** Makes a whole file or none; false if there is one. */
function createOnce(path: string, text: string): boolean {
  const temporary = `${path}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(temporary, text);
  try {
    Deno.linkSync(temporary, path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  } finally {
    Deno.removeSync(temporary);
  }
}

function link(previous: number, i: number): number {
  return (previous * 31 + i) % 1_000_003;
}

/** Adds a line in one piece. */
function note(folder: string, line: string): void {
  Deno.writeTextFileSync(join(folder, "log"), `${line}\n`, { append: true });
}

async function main(task: Task): Promise<void> {
  const { stepTimeoutMilliseconds } = task;
  if (task.kind === "restate") {
    const handler = createRestateHandler({ chain }, { stepTimeoutMilliseconds, identityKeys: [] });
    const onListen = () => say("ready");
    await Deno.serve({ hostname: "127.0.0.1", port: task.port, onListen }, handler).finished;
    return;
  }
  await using orchestrator = openEmbeddedOrchestrator({ chain }, { folder: task.folder, stepTimeoutMilliseconds });
  say("ready");
  await orchestrator.submit("chain", task.id, task.chain as unknown as Json);
  say(JSON.stringify(await orchestrator.result(task.id)));
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) await main(JSON.parse(Deno.args[0]!));
