/** What a workflow can rely on, over each back end: order, memory, attempts, time limits, waits, reports. */

import assert from "node:assert/strict";
import { DataError, isPtychoError } from "../../core/errors.ts";
import { DeviceError } from "../../kernels/errors.ts";
import type { Json } from "../../core/json.ts";
import { note, pause, type SuiteTests, until } from "./orchestrator_suite.ts";

/** Tests of what a workflow sees. */
export const STEP_TESTS: SuiteTests = {
  "a workflow does its steps in order, hands on their results and returns JSON": async (open) => {
    const done: string[] = [];
    await using opened = await open({
      async add(context, input) {
        const { a, b } = input as { a: number; b: number };
        const sum = await context.step(
          "sum",
          () => note(done, "sum", { sum: a + b, none: undefined } as { sum: number }),
        );
        const nothing = await context.step("nothing", () => note(done, "nothing", undefined));
        const twice = await context.step("twice", () => note(done, "twice", sum.sum * 2));
        return { sum, twice, nothing: nothing === undefined };
      },
    });
    const { orchestrator } = opened;
    const before = Date.now();
    const first = await orchestrator.submit("add", "r1", { a: 2, b: 3 });
    assert.deepEqual([first.id, first.workflow, first.input], ["r1", "add", { a: 2, b: 3 }]);
    const run = await orchestrator.result("r1");
    assert.deepEqual(done, ["sum", "nothing", "twice"]);
    assert.deepEqual(run.result, { sum: { sum: 5 }, twice: 10, nothing: true });
    assert.deepEqual([run.status, run.steps, run.error], ["done", 3, null]);
    assert.ok(Math.abs(run.submitted.getTime() - before) < 5000 && run.changed >= run.submitted);
    assert.deepEqual(await orchestrator.view("r1"), run);
    assert.equal(await orchestrator.view("r2"), null);
  },

  "a step that fails is tried again, at most so often; a fatal error is not": async (open) => {
    const tries: Record<string, number> = {};
    await using opened = await open({
      async shaky(context, input) {
        const { fails, fatal } = input as { fails: number; fatal: boolean };
        return await context.step("shaky", () => {
          const n = tries[context.id] = (tries[context.id] ?? 0) + 1;
          if (n > fails) return Promise.resolve(n);
          const fields = { file: "x.h5", attempt: n };
          return Promise.reject(fatal ? new DataError("Cannot read", fields) : new DeviceError("Lost", fields));
        });
      },
    });
    const { orchestrator } = opened;
    await orchestrator.submit("shaky", "twice", { fails: 2, fatal: false });
    await orchestrator.submit("shaky", "always", { fails: 9, fatal: false });
    await orchestrator.submit("shaky", "fatal", { fails: 1, fatal: true });
    assert.equal((await orchestrator.result("twice")).result, 3);
    const always = await orchestrator.result("always");
    const failure = { tag: "DeviceError", message: "Lost", fields: { file: "x.h5", attempt: 3 } };
    assert.deepEqual([always.status, always.error, always.result], ["failed", failure, null]);
    const fatal = await orchestrator.result("fatal");
    assert.deepEqual(fatal.error, { tag: "DataError", message: "Cannot read", fields: { file: "x.h5", attempt: 1 } });
    assert.deepEqual(tries, { twice: 3, always: 3, fatal: 1 });
  },

  "a workflow can catch what a step threw, and what it throws itself fails the run without another attempt": async (
    open,
  ) => {
    let begun = 0;
    await using opened = await open({
      async careful(context) {
        const error: unknown = await context.step("read", () => Promise.reject(new DataError("No file", { n: 1 })))
          .catch((e) => e);
        assert.ok(isPtychoError(error, "DataError"));
        return { message: error.message, fields: error.fields as Json };
      },
      wrong() {
        begun++;
        throw new TypeError("A mistake");
      },
    });
    const { orchestrator } = opened;
    await orchestrator.submit("careful", "a", null);
    await orchestrator.submit("wrong", "b", null);
    assert.deepEqual((await orchestrator.result("a")).result, { message: "No file", fields: { n: 1 } });
    assert.deepEqual((await orchestrator.result("b")).error, { tag: "TypeError", message: "A mistake", fields: {} });
    assert.equal(begun, 1);
  },

  "step names are unique, steps are done one after another, and results are JSON": async (open) => {
    await using opened = await open({
      async twice(context) {
        await context.step("a", () => Promise.resolve(1));
        return await context.step("a", () => Promise.resolve(2));
      },
      nested: (context) => context.step("a", () => context.step("b", () => Promise.resolve(1))),
      both: (context) => Promise.all([context.step("a", () => pause(20)), context.sleep("b", 1)]).then(() => null),
      strange: (context) => context.step("a", () => Promise.resolve(1n)) as unknown as Promise<Json>,
    });
    const { orchestrator } = opened;
    const expected = {
      twice: /found a step of this name/,
      nested: /found "a" at work/,
      both: /found "a" at work/,
      strange: /not JSON/,
    };
    for (const [workflow, says] of Object.entries(expected)) {
      await orchestrator.submit(workflow, workflow, null);
      const { error } = await orchestrator.result(workflow);
      assert.equal(error?.tag, "TypeError");
      assert.match(error.message, says);
    }
  },

  "an attempt that takes too long has failed, and what it returns later is not taken": async (open) => {
    let tries = 0;
    const seen: string[] = [];
    const late = Promise.withResolvers<string>();
    await using opened = await open({
      slow: (context) =>
        context.step("slow", (signal) => {
          signal.addEventListener("abort", () => seen.push((signal.reason as Error).message));
          return ++tries === 1 ? late.promise : Promise.resolve("second");
        }),
    }, { stepTimeoutMilliseconds: 150 });
    await opened.orchestrator.submit("slow", "r", null);
    const run = await opened.orchestrator.result("r");
    late.resolve("first");
    assert.deepEqual([run.result, run.steps, tries], ["second", 1, 2]);
    assert.match(seen[0]!, /Cannot finish step "slow": found no result within 150 ms/);
    assert.equal((await opened.orchestrator.view("r"))!.result, "second");
  },

  "the last report is kept, also of a report within a step": async (open) => {
    const [reported, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using opened = await open({
      async talk(context) {
        context.report({ at: 0 });
        await context.step("a", () => {
          context.report({ at: 1 });
          return Promise.resolve();
        });
        context.report({ at: 2 });
        await context.step("b", async () => {
          reported.resolve();
          await go.promise;
        });
        await context.step("c", () => Promise.resolve(context.report({ at: 3 })));
        return null;
      },
    });
    const { orchestrator } = opened;
    assert.equal((await orchestrator.submit("talk", "r", null, { delayMilliseconds: 200 })).progress, null);
    await reported.promise;
    await until(
      async () => (await orchestrator.view("r"))!.progress,
      (progress) => Deno.inspect(progress) === "{ at: 2 }",
    );
    go.resolve();
    assert.deepEqual((await orchestrator.result("r")).progress, { at: 3 });
  },

  "a wait lasts as long as it should": async (open) => {
    await using opened = await open({
      async nap(context) {
        const before = await context.step("before", () => Promise.resolve(performance.now()));
        await context.sleep("nap", 250);
        return await context.step("after", () => Promise.resolve(performance.now())) - before;
      },
    });
    await opened.orchestrator.submit("nap", "r", null);
    const run = await opened.orchestrator.result("r");
    assert.ok((run.result as number) >= 249 && (run.result as number) < 5000, `${run.result} ms`);
    assert.equal(run.steps, 2);
  },

  "a run has not ended before a step has that its workflow did not wait for": async (open) => {
    const log: string[] = [];
    await using opened = await open({
      async hasty(context) {
        context.step("long", () =>
          pause(300).then(() => {
            log.push("ended");
            throw new DataError("Late");
          }));
        await Promise.reject(new DataError("Hasty"));
        return null;
      },
    });
    await opened.orchestrator.submit("hasty", "r", null);
    const run = await opened.orchestrator.result("r");
    assert.deepEqual([run.status, run.error?.message, run.steps, log], ["failed", "Hasty", 0, ["ended"]]);
  },
};
