/** What only the embedded orchestrator has: one owner, a journal file, turns, and what another owner finds. */

import type { Json } from "../core/json.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DataError } from "../core/errors.ts";
import { type EmbeddedOptions, type EmbeddedOrchestrator, openEmbeddedOrchestrator } from "./embedded.ts";
import { RunError, RunInterrupted, type WorkflowContext, type Workflows } from "./orchestrator.ts";

Deno.test(
  "openEmbeddedOrchestrator() refuses a folder that another owner works on, and names it",
  inFolder(async (folder) => {
    const first = open(folder, {});
    refused(() => open(folder, {}), "owned", `Cannot open the runs in "${folder}": found a process that works on them`);
    await first.stop();
    await first.stop();
    await open(folder, {}).stop();
  }),
);

Deno.test(
  "openEmbeddedOrchestrator() refuses a journal of a later version, a file that is none, and a folder that cannot be",
  inFolder(async (folder) => {
    await open(folder, {}).stop();
    const path = join(folder, "runs.sqlite");
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 7");
    db.close();
    refused(
      () => open(folder, {}),
      "journal",
      `Cannot open the runs in "${path}": found journal version 7, expected 1`,
    );
    Deno.writeTextFileSync(path, "not a journal at all".repeat(100));
    refused(
      () => open(folder, {}),
      "journal",
      `Cannot use the journal of runs "${path}": found "file is not a database"`,
    );
    refused(() => open(join(path, "x"), {}), "journal", `Cannot open the runs in "${path}/x"`);
  }),
);

Deno.test(
  "runs take turns in the order they came, so many at a time",
  inFolder(async (folder) => {
    for (const concurrency of [1, 2]) {
      const begun: string[] = [];
      const gates = new Map("abcd".split("").map((id) => [id, Promise.withResolvers<void>()]));
      await using orchestrator = open(join(folder, String(concurrency)), {
        gate: (context) =>
          context.step("gate", async () => {
            begun.push(context.id);
            await gates.get(context.id)!.promise;
            return null;
          }),
      }, { concurrency });
      for (const id of gates.keys()) await orchestrator.submit("gate", id, null);
      const expected = concurrency === 1 ? ["a", "ab", "abc", "abcd"] : ["ab", "abc", "abcd", "abcd"];
      for (const [i, [id, gate]] of [...gates].entries()) {
        await settled();
        assert.equal(begun.join(""), expected[i]);
        const waiting = await orchestrator.list({ status: "pending" });
        assert.equal(waiting.length, 4 - expected[i]!.length);
        gate.resolve();
        await orchestrator.result(id);
      }
    }
  }),
);

Deno.test(
  "stop() ends the work and leaves the run to the next owner, who does not repeat a step that ended",
  inFolder(async (folder) => {
    const done: string[] = [];
    let begun = Promise.withResolvers<void>();
    let stopping = true;
    let why: unknown;
    const workflows: Workflows = {
      async three(context) {
        const a = await context.step("heeds nothing", async (signal) => {
          done.push("a");
          begun.resolve();
          await aborted(signal);
          return 1;
        });
        const b = await context.step("heeds its signal", async (signal) => {
          done.push("b");
          begun.resolve();
          if (stopping) throw why = await aborted(signal);
          return 2;
        });
        return a + b + await context.step("c", () => Promise.resolve(4));
      },
    };
    const first = open(folder, workflows);
    await first.submit("three", "r", null);
    await begun.promise;
    const waiting = assert.rejects(first.result("r"), RunInterrupted);
    await first.stop();
    await waiting;
    assert.equal(status(folder, "r"), "running");
    begun = Promise.withResolvers<void>();
    const second = open(folder, workflows);
    await begun.promise;
    await second.stop();
    assert.ok(why instanceof RunInterrupted && why.why === "stopped");
    stopping = false;
    await using third = open(folder, workflows);
    const run = await third.result("r");
    assert.deepEqual([run.status, run.result, run.steps], ["done", 7, 3]);
    assert.deepEqual(done, ["a", "b", "b"]);
  }),
);

Deno.test(
  "a failure that a workflow caught is the same for the next owner, and is tried again when the run is resumed",
  inFolder(async (folder) => {
    const begun = Promise.withResolvers<void>();
    let [plots, stopping] = [0, true];
    const workflows: Workflows = {
      async plot(context) {
        const plot = await context.step("plot", () => {
          plots++;
          return Promise.reject(new DataError(`No font ${plots}`));
        }).catch(({ message }) => message);
        const rest = await context.step("rest", async (signal) => {
          if (!stopping) return "done";
          begun.resolve();
          throw await aborted(signal);
        });
        if (context.id === "failing" && plots === 1) throw new DataError("Once");
        return [plot, rest];
      },
    };
    const first = open(folder, workflows);
    await first.submit("plot", "r", null);
    await begun.promise;
    await first.stop();
    stopping = false;
    await using second = open(folder, workflows);
    assert.deepEqual((await second.result("r")).result, ["No font 1", "done"]);
    assert.equal(plots, 1);
    plots = 0;
    await second.submit("plot", "failing", null);
    assert.equal((await second.result("failing")).error?.message, "Once");
    await second.resume("failing");
    assert.deepEqual((await second.result("failing")).result, ["No font 2", "done"]);
  }),
);

Deno.test(
  "a cancelled run that is resumed, or removed and submitted anew, begins when its old work has ended",
  inFolder(async (folder) => {
    let [atWork, most] = [0, 0];
    const log: string[] = [];
    await using orchestrator = open(folder, {
      slow: (context, input) =>
        context.step("slow", async (signal) => {
          most = Math.max(most, ++atWork);
          log.push(`begin ${input}`);
          if (input === "first" && log.length < 5) await aborted(signal);
          // Takes its time to end.
          await new Promise((resolve) => setTimeout(resolve, 30));
          atWork--;
          log.push(`end ${input}`);
          return input;
        }),
    }, { concurrency: 3 });
    await orchestrator.submit("slow", "r", "first");
    await settled();
    await orchestrator.cancel("r");
    assert.equal((await orchestrator.result("r")).status, "cancelled");
    await orchestrator.remove("r");
    await orchestrator.submit("slow", "r", "second");
    const run = await orchestrator.result("r");
    assert.deepEqual([run.result, run.steps], ["second", 1]);
    assert.deepEqual(log.toSorted(), ["begin first", "begin second", "end first", "end second"]);
    log.length = 0;
    await orchestrator.submit("slow", "s", "first");
    await settled();
    await orchestrator.cancel("s");
    await orchestrator.resume("s");
    [atWork, most] = [1, 1];
    // What the cancelled work returned all the same is remembered.
    assert.deepEqual((await orchestrator.result("s")).result, "first");
    assert.deepEqual([log, most], [["begin first", "end first"], 1]);
  }),
);

Deno.test(
  "runs of a workflow that is not there wait, and it is said",
  inFolder(async (folder) => {
    const first = open(folder, { old: (context) => context.step("a", () => Promise.resolve(1)) });
    await first.submit("old", "r", null, { delayMilliseconds: 1e6 });
    await first.stop();
    const said: string[] = [];
    await using second = open(folder, { new: () => Promise.resolve(2) }, { log: (message) => said.push(message) });
    assert.deepEqual(said, ['runs wait for the workflow "old", which is not there']);
    await second.submit("new", "s", null);
    assert.equal((await second.result("s")).result, 2);
    assert.equal((await second.view("r"))!.status, "pending");
  }),
);

Deno.test(
  "a clock that is set back delays nothing and makes nothing happen twice, also while there is no owner",
  inFolder(async (folder) => {
    let setBack = 0;
    const clock = { wall: () => Date.now() - setBack, monotonic: () => performance.now() };
    const times: Record<string, number[]> = {};
    const note = (context: WorkflowContext) =>
      context.step("note", () => Promise.resolve((times[context.id] ??= []).push(performance.now())));
    const workflows: Workflows = {
      note,
      async nap(context) {
        await note(context);
        await context.sleep("nap", 600);
        return await context.step("wake", () => Promise.resolve(times[context.id]!.push(performance.now())));
      },
    };
    const first = open(folder, workflows, { clock, concurrency: 9 });
    const start = performance.now();
    await first.submit("note", "soon", null, { delayMilliseconds: 300 });
    await first.submit("note", "later", null, { delayMilliseconds: 700 });
    await first.submit("nap", "nap", null);
    setBack = 3_600_000;
    const patience = AbortSignal.timeout(20_000);
    assert.equal((await first.result("soon", patience)).status, "done");
    await first.stop();
    setBack = 7_200_000;
    await using second = open(folder, workflows, { clock, concurrency: 9 });
    await Promise.all([second.result("later", patience), second.result("nap", patience)]);
    const late = (id: string, due: number) => times[id]!.at(-1)! - start - due;
    assert.deepEqual([times.soon!.length, times.later!.length, times.nap!.length], [1, 1, 2]);
    for (const [id, due] of [["soon", 300], ["later", 700], ["nap", 600]] as const) {
      // A busy machine is late, but no minute.
      assert.ok(late(id, due) >= -1 && late(id, due) < 10_000, `${id}: ${late(id, due)} ms late`);
    }
  }),
);
import { inFolder } from "../tests/end_to_end/command_line.ts";

function open(folder: string, workflows: Workflows, options: Partial<EmbeddedOptions> = {}): EmbeddedOrchestrator {
  return openEmbeddedOrchestrator(workflows, { folder, ...options });
}

function refused(call: () => unknown, reason: RunError["reason"], begins: string): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof RunError, String(error));
    assert.equal(error.reason, reason);
    assert.ok(error.message.startsWith(begins), error.message);
    return true;
  });
}

/** The reason, when the signal aborts. */
function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
}

/** Waits until whatever can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function status(folder: string, id: string): Json {
  const db = new DatabaseSync(join(folder, "runs.sqlite"));
  try {
    return db.prepare("SELECT status FROM run WHERE id = ?").get(id)!.status as string;
  } finally {
    db.close();
  }
}
