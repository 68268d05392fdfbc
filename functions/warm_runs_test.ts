/** createWarmRuns(): a cache that may forget. */

import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import { createWarmRuns } from "./warm_runs.ts";

const resource = (name: string, closed: string[]) => ({ name, [Symbol.dispose]: () => void closed.push(name) });

Deno.test("remember() makes a value once, also for calls at the same time", async () => {
  using warm = createWarmRuns();
  let made = 0;
  const make = () => Promise.resolve(++made);
  assertEquals(await Promise.all([warm.remember("a", make), warm.remember("a", make)]), [1, 1]);
  assertEquals(await warm.remember("b", make), 2);
});

Deno.test("remember() tries again after a failure", async () => {
  using warm = createWarmRuns();
  await assertRejects(() => warm.remember("a", () => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(await warm.remember("a", () => Promise.resolve(3)), 3);
});

Deno.test("remember() forgets what was asked for longest ago once there are more than 64", async () => {
  using warm = createWarmRuns();
  for (let i = 0; i < 64; i++) await warm.remember(`${i}`, () => Promise.resolve(i));
  await warm.remember("0", () => Promise.resolve(-1));
  await warm.remember("new", () => Promise.resolve(64));
  assertEquals(await warm.remember("0", () => Promise.resolve(-1)), 0);
  assertEquals(await warm.remember("1", () => Promise.resolve(-1)), -1);
});

Deno.test("take() gives a kept value once; put() disposes of those that are too many", () => {
  const closed: string[] = [];
  const warm = createWarmRuns({ mostKept: 2 });
  for (const name of ["a", "b", "c"]) warm.put(name, resource(name, closed));
  assertEquals(closed, ["a"]);
  assertEquals([warm.take<ReturnType<typeof resource>>("b")?.name, warm.take("b"), warm.take("a")], ["b", null, null]);
  warm[Symbol.dispose]();
  assertEquals(closed, ["a", "c"]);
});
