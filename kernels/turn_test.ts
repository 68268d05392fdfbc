/** Turns of the event loop. */

import { assertEquals } from "@std/assert/equals.js";
import { createPause, createTurn } from "./turn.ts";

Deno.test("a turn lets messages that wait be heard; a timer is waited for only 100 ms after the last look", async () => {
  let time = 0;
  const turn = createTurn({ now: () => time });
  const told: string[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => told.push("message");
  port2.postMessage(null);
  setTimeout(() => told.push("timer"), 0);
  await turn();
  assertEquals(told.includes("message"), true);
  time = 100;
  await turn();
  assertEquals(told, ["message", "timer"]);
  port1.close();
});

Deno.test("createPause() waits at least so long", async () => {
  const pause = createPause();
  const begin = performance.now();
  await pause(0.02);
  // Timers count in whole milliseconds.
  assertEquals(performance.now() - begin >= 19, true);
  await pause(0);
});
