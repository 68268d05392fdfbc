/** When a step is tried again, and how waiting ends. What steps do is in tests/end_to_end/orchestrator_suite.ts. */

import assert from "node:assert/strict";
import { DEFAULT_RETRY } from "./orchestrator.ts";
import { wait } from "../functions/wait.ts";
import { waitBefore } from "./run_context.ts";

Deno.test("waitBefore() grows by the factor up to the longest wait; the first attempt does not wait", () => {
  const retry = { attempts: 9, initialMilliseconds: 100, factor: 3, longestMilliseconds: 1000 };
  assert.deepEqual([1, 2, 3, 4, 5].map((attempt) => waitBefore(attempt, retry)), [0, 100, 300, 900, 1000]);
  assert.equal(waitBefore(5000, retry), 1000);
});

Deno.test("DEFAULT_RETRY bridges about two and a half seconds", () => {
  const waits = [2, 3, 4, 5].map((attempt) => waitBefore(attempt, DEFAULT_RETRY));
  assert.equal(waits.length + 1, DEFAULT_RETRY.attempts);
  assert.deepEqual(waits, [100, 250, 625, 1562.5]);
});

Deno.test("wait() ends in time, or at once with the reason of the signal", async () => {
  const controller = new AbortController();
  await wait(1, controller.signal);
  const waiting = wait(1e6, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(wait(1e6, controller.signal), /enough/);
});
