/** Turns of the event loop. */

import { assertEquals } from "@std/assert/equals.js";
import { createPause, createTurn } from "./turn.ts";

Deno.test("a turn lets messages that wait be heard", async () => {
  const turn = createTurn({ now: () => 0 });
  const told: string[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => told.push("message");
  port2.postMessage(null);
  await turn();
  assertEquals(told, ["message"]);
  port1.close();
});

Deno.test("requests are answered in the middle of work that only takes turns", async () => {
  let time = 0;
  const turn = createTurn({ now: () => time += 10 });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("here"));
  const program = `console.log(await (await fetch("http://127.0.0.1:${server.addr.port}")).text())`;
  const args = ["eval", "--no-config", program];
  const asking = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).output();
  let answer: string | null = null;
  asking.then(({ stdout }) => void (answer = new TextDecoder().decode(stdout)));
  // Nothing else lets the loop turn.
  while (answer === null) await turn();
  assertEquals(answer, "here\n");
  await server.shutdown();
});

Deno.test("createPause() waits at least so long", async () => {
  const pause = createPause();
  const begin = performance.now();
  await pause(0.02);
  // Timers count in whole milliseconds.
  assertEquals(performance.now() - begin >= 19, true);
  await pause(0);
});
