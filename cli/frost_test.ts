/** Knowing that the process was frozen. */

import assert from "node:assert/strict";
import { watchFrost } from "./frost.ts";

/** Which of the two is first: what has come through, or a timer of half a second. */
async function first(thawed: Promise<void>): Promise<"thawed" | "timer"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"timer">((resolve) => timer = setTimeout(() => resolve("timer"), 500));
  const winner = await Promise.race([thawed.then(() => "thawed" as const), late]);
  clearTimeout(timer);
  return winner;
}

Deno.test("thawed() waits for the next turn, and after a frost until what was told meanwhile has come through", async () => {
  using frost = watchFrost();
  assert.equal(await first(frost.thawed()), "thawed");
  // As a process that is stopped: no timer fires, the clock goes on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900);
  const thawed = frost.thawed();
  assert.equal(await first(thawed), "timer");
  await thawed;
  assert.equal(await first(frost.thawed()), "thawed");
});
