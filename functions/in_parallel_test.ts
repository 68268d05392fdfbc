/** Parallel work: never more than allowed at a time, and one failure ends it all. */

import assert from "node:assert/strict";
import { inParallel } from "./in_parallel.ts";

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("inParallel() works on everything in order, at most so many at a time", async () => {
  const begun: number[] = [];
  let [running, most] = [0, 0];
  await inParallel([1, 2, 3, 4, 5, 6, 7], { limit: 3 }, async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    await turn();
    running--;
  });
  assert.deepEqual(begun, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(most, 3);
  await inParallel([], { limit: 3 }, () => assert.fail());
});

Deno.test("inParallel() begins nothing after a failure, tells what runs, and throws the first", async () => {
  const first = new Error("first");
  const [begun, ended]: [number[], number[]] = [[], []];
  const all = inParallel([1, 2, 3, 4], { limit: 2 }, async (item, signal) => {
    begun.push(item);
    if (item === 2) throw first;
    while (!signal.aborted) await turn();
    ended.push(item);
    throw new Error("second");
  });
  await assert.rejects(all, (error) => error === first);
  assert.deepEqual([begun, ended], [[1, 2], [1]]);
});

Deno.test("inParallel() ends with the reason of its signal", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const begun: number[] = [];
  const all = inParallel([1, 2, 3], { limit: 1, signal: controller.signal }, async (item, signal) => {
    begun.push(item);
    controller.abort(reason);
    await turn();
    signal.throwIfAborted();
  });
  await assert.rejects(all, (error) => error === reason);
  assert.deepEqual(begun, [1]);
});
