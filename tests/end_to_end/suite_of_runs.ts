/** What who submits runs can rely on, over each back end: submitting, cancelling, resuming, listing, forgetting. */

import assert from "node:assert/strict";
import { DataError } from "../../core/errors.ts";
import type { RunView } from "../../workflows/orchestrator.ts";
import { note, pause, refused, type SuiteTests, until, untilAborted } from "./orchestrator_suite.ts";

/** Tests of what is done with runs. */
export const RUN_TESTS: SuiteTests = {
  "submitting the same three times at once makes one run; other input is refused": async (open) => {
    let count = 0;
    await using opened = await open({
      once: (context) => context.step("count", () => Promise.resolve(++count)),
      other: (context) => context.step("count", () => Promise.resolve(++count)),
    });
    const { orchestrator } = opened;
    const runs = await Promise.all([
      orchestrator.submit("once", "r", { a: 1, b: [2] }),
      orchestrator.submit("once", "r", { b: [2], a: 1 }),
      orchestrator.submit("once", "r", { a: 1, b: [2] }),
    ]);
    assert.deepEqual(runs.map(({ id }) => id), ["r", "r", "r"]);
    const done = await orchestrator.result("r");
    assert.deepEqual(await orchestrator.submit("once", "r", { a: 1, b: [2] }), done);
    await refused(
      orchestrator.submit("once", "r", { a: 1, b: [3] }),
      "conflict",
      /found it submitted before with other/,
    );
    await refused(orchestrator.submit("other", "r", { a: 1, b: [2] }), "conflict", /Cannot submit run "r"/);
    await refused(orchestrator.submit("none", "s", null), "unknown workflow", /"none", expected one of once, other/);
    await refused(orchestrator.submit("once", "../s", null), "bad id", /found the id "..\/s"/);
    await assert.rejects(orchestrator.submit("once", "s", null, { delayMilliseconds: -1 }), RangeError);
    assert.equal(count, 1);
    assert.equal((await orchestrator.list()).length, 1);
  },

  "cancel reaches the work of a step within 100 ms, and a run that waits": async (open) => {
    let aborted = Promise.withResolvers<number>();
    let begun = Promise.withResolvers<void>();
    await using opened = await open({
      async endless(context) {
        await context.step("quick", () => Promise.resolve(1));
        return await context.step("endless", (signal) => {
          begun.resolve();
          return untilAborted(signal, () => aborted.resolve(performance.now()));
        });
      },
      async sleeper(context) {
        begun.resolve();
        await context.sleep("long", 1e7);
        return null;
      },
    });
    const { orchestrator } = opened;
    const delays: number[] = [];
    // Other tests keep this machine busy: once in so many must be quick.
    for (let i = 0; i < 5 && !delays.some((ms) => ms < 100); i++) {
      [aborted, begun] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
      await orchestrator.submit("endless", `r${i}`, null);
      await begun.promise;
      const start = performance.now();
      await orchestrator.cancel(`r${i}`);
      delays.push(await aborted.promise - start);
      const run = await orchestrator.result(`r${i}`);
      assert.deepEqual([run.status, run.result, run.error, run.steps], ["cancelled", null, null, 1]);
    }
    assert.ok(delays.some((ms) => ms < 100), `${delays} ms`);
    begun = Promise.withResolvers<void>();
    await orchestrator.submit("sleeper", "s", null);
    await begun.promise;
    await orchestrator.cancel("s");
    assert.equal((await orchestrator.result("s")).status, "cancelled");
    await orchestrator.cancel("s");
    await refused(orchestrator.cancel("none"), "missing", /Cannot cancel run "none": found no such run/);
  },

  "a cancelled run does not begin again, and has not ended before its work has": async (open) => {
    const log: string[] = [];
    const begun = Promise.withResolvers<void>();
    await using opened = await open({
      async slow(context) {
        log.push("workflow");
        return await context.step("slow", async (signal) => {
          log.push("begun");
          begun.resolve();
          await untilAborted(signal, () => {}).catch(() => {});
          await pause(200);
          log.push("ended");
          throw signal.reason;
        });
      },
    });
    const { orchestrator } = opened;
    await orchestrator.submit("slow", "r", null);
    await begun.promise;
    await orchestrator.cancel("r");
    assert.equal((await orchestrator.result("r")).status, "cancelled");
    await orchestrator.resume("r");
    await until(() => Promise.resolve(log), ({ length }) => length === 5);
    await orchestrator.cancel("r");
    await orchestrator.result("r");
    await pause(300);
    assert.deepEqual(log, [1, 2].flatMap(() => ["workflow", "begun", "ended"]));
  },

  "a failed or a cancelled run goes on with the steps it has": async (open) => {
    const done: string[] = [];
    let broken = true;
    let endless = Promise.withResolvers<void>();
    await using opened = await open({
      async fragile(context) {
        const a = await context.step("a", () => note(done, "a", 1));
        await context.sleep("between", 1);
        const b = await context.step("b", async (signal) => {
          done.push("b");
          if (!broken) return 2;
          if (context.id === "failed") throw new DataError("Broken");
          endless.resolve();
          return await untilAborted(signal, () => {});
        });
        return a + b + await context.step("c", () => note(done, "c", 4));
      },
    });
    const { orchestrator } = opened;
    for (const id of ["failed", "cancelled"]) {
      done.length = 0;
      broken = true;
      endless = Promise.withResolvers<void>();
      await orchestrator.submit("fragile", id, { id });
      if (id === "cancelled") {
        await endless.promise;
        await orchestrator.cancel(id);
      }
      const ended = await orchestrator.result(id);
      assert.deepEqual([ended.status, ended.steps], [id, 1]);
      broken = false;
      await Promise.all([orchestrator.resume(id), orchestrator.resume(id)]);
      const run = await orchestrator.result(id);
      assert.deepEqual([run.status, run.result, run.steps, run.error], ["done", 7, 3, null]);
      assert.deepEqual([run.input, run.submitted], [{ id }, ended.submitted]);
      assert.deepEqual(done, ["a", "b", "b", "c"]);
      await refused(orchestrator.resume(id), "wrong state", /found it done, expected it failed or cancelled/);
    }
    await refused(orchestrator.resume("none"), "missing", /Cannot resume run "none"/);
  },

  "a delayed run is pending until its time, and can be cancelled before it begins and then resumed": async (open) => {
    const begun: number[] = [];
    await using opened = await open({
      late: (context) => context.step("note", () => note(begun, performance.now(), 1)),
    });
    const { orchestrator } = opened;
    const start = performance.now();
    const first = await orchestrator.submit("late", "r", { x: 1 }, { delayMilliseconds: 400 });
    assert.equal(first.status, "pending");
    assert.deepEqual((await orchestrator.submit("late", "r", { x: 1 })).status, "pending");
    await refused(orchestrator.submit("late", "r", { x: 2 }), "conflict", /other input/);
    assert.equal((await orchestrator.result("r")).status, "done");
    assert.ok(begun[0]! - start >= 399, `${begun[0]! - start} ms`);
    await orchestrator.submit("late", "s", { x: 3 }, { delayMilliseconds: 1e7 });
    await orchestrator.cancel("s");
    const cancelled = await orchestrator.result("s");
    assert.deepEqual([cancelled.status, cancelled.input, cancelled.steps], ["cancelled", { x: 3 }, 0]);
    await orchestrator.resume("s");
    assert.equal((await orchestrator.result("s")).status, "done");
  },

  "runs are listed newest first, by state, a page at a time, and forgotten when removed": async (open) => {
    const endless = Promise.withResolvers<void>();
    await using opened = await open({
      one: (context) => context.step("a", () => Promise.resolve(1)),
      bad: (context) => context.step("a", () => Promise.reject(new DataError("Bad"))),
      endless: (context) => context.step("a", (signal) => (endless.resolve(), untilAborted(signal, () => {}))),
    });
    const { orchestrator } = opened;
    for (const [workflow, id] of [["one", "a"], ["bad", "b"], ["one", "c"], ["endless", "d"]] as const) {
      await orchestrator.submit(workflow, id, { id });
      if (workflow !== "endless") await orchestrator.result(id);
      // Restate orders by milliseconds.
      await pause(3);
    }
    await endless.promise;
    await until(() => orchestrator.list({ status: "running" }), (runs) => runs.length === 1);
    const ids = (runs: readonly RunView[]) => runs.map(({ id }) => id).join("");
    assert.equal(ids(await orchestrator.list()), "dcba");
    assert.equal(ids(await orchestrator.list({ limit: 2 })), "dc");
    assert.equal(ids(await orchestrator.list({ limit: 2, after: "c" })), "ba");
    assert.equal(ids(await orchestrator.list({ status: "done" })), "ca");
    assert.equal(ids(await orchestrator.list({ status: "done", limit: 1, after: "c" })), "a");
    assert.equal(ids(await orchestrator.list({ status: "failed" })), "b");
    assert.deepEqual((await orchestrator.list())[1], await orchestrator.view("c"));
    await refused(orchestrator.list({ after: "none" }), "missing", /Cannot list runs after run "none"/);
    await refused(orchestrator.remove("d"), "wrong state", /found it running, expected it at its end; cancel it first/);
    await refused(orchestrator.remove("none"), "missing", /Cannot remove run "none"/);
    await orchestrator.remove("b");
    assert.equal(await orchestrator.view("b"), null);
    assert.equal(ids(await orchestrator.list()), "dca");
    // A removed run leaves nothing behind: its steps are done anew, its id takes other input.
    await orchestrator.remove("a");
    await orchestrator.submit("bad", "a", { other: true });
    const again = await orchestrator.result("a");
    assert.deepEqual([again.status, again.steps, again.progress], ["failed", 0, null]);
    await orchestrator.cancel("d");
    await orchestrator.result("d");
  },

  "who waits for a result stops waiting when told, and is told of a run that is not there": async (open) => {
    const begun = Promise.withResolvers<void>();
    await using opened = await open({
      endless: (context) => context.step("a", (signal) => (begun.resolve(), untilAborted(signal, () => {}))),
    });
    const { orchestrator } = opened;
    await orchestrator.submit("endless", "r", null);
    await begun.promise;
    const waiting = new AbortController();
    const result = orchestrator.result("r", waiting.signal);
    waiting.abort(new Error("enough"));
    await assert.rejects(result, /enough/);
    await refused(orchestrator.result("none"), "missing", /Cannot wait for run "none"/);
    await orchestrator.cancel("r");
    await orchestrator.result("r");
  },
};
