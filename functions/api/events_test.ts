/** Server-sent events of runs, over runs that go on as a test has written. */

import assert from "node:assert/strict";
import { createApp } from "../app.ts";
import { ApiError } from "../http_errors.ts";
import { mountEvents } from "./events.ts";
import type { RunRecord } from "./run_service.ts";

/** A run that has done so many iterations of 10. */
function runAt(iterations: number, status: RunRecord["status"] = "running"): RunRecord {
  const progress: RunRecord["progress"] = {
    engine: "DM",
    iteration: iterations,
    numiter: 10,
    iterations,
    total: 10,
    errors: [1, 2, 3],
    secondsPerIteration: 0.5,
    secondsLeft: (10 - iterations) / 2,
  };
  const time = "2026-11-25T12:00:00.000Z";
  return {
    id: "r",
    kind: "reconstruct",
    owner: "local",
    name: "r",
    status,
    submitted: time,
    changed: time,
    progress,
    error: null,
    seconds: null,
    usage: null,
    files: [],
  };
}

/** Asks for the events of a run of which each look sees the next of `looks`, and the last for ever. */
async function ask(
  looks: readonly (RunRecord | null)[],
  { known, heartbeatMilliseconds = 10_000, stopping = new AbortController().signal }: {
    readonly known?: string;
    readonly heartbeatMilliseconds?: number;
    readonly stopping?: AbortSignal;
  } = {},
): Promise<Response> {
  const left = [...looks];
  const view = () => {
    const run = left.length > 1 ? left.shift()! : left[0]!;
    if (run === null) throw new ApiError("NotFound", "Cannot find run");
    return Promise.resolve(run);
  };
  const app = createApp({
    contextOf: () => assert.fail("no stage is called"),
    failed: (error) => assert.fail(String(error)),
    resources: [(app) => mountEvents(app, { view }, { stopping, pollMilliseconds: 1, heartbeatMilliseconds })],
  });
  return await app.request("/v1/runs/r/events", { headers: known === undefined ? {} : { "last-event-id": known } });
}

/** Id, name and iterations of each event. */
function eventsIn(text: string): string[] {
  return text.split("\n\n").filter((block) => block.startsWith("id:")).map((block) => {
    const [, id, event, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block)!;
    const { progress, links } = JSON.parse(data!);
    assert.equal(links.self, "/v1/runs/r");
    return `${id} ${event} ${progress.iterations}`;
  });
}

Deno.test("every change is told once, the end last, and the stream ends with it", async () => {
  const response = await ask([runAt(1), runAt(1), runAt(4), runAt(4), runAt(10), runAt(10, "done")]);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.deepEqual(eventsIn(await response.text()), [
    "running-1-0 progress 1",
    "running-4-0 progress 4",
    "running-10-0 progress 10",
    "done-10-0 end 10",
  ]);
});

Deno.test("who comes back is not told again what it knows, and nothing at all if that is the end", async () => {
  const looks = [runAt(4), runAt(7), runAt(7, "cancelled")];
  const response = await ask(looks, { known: "running-4-0" });
  assert.deepEqual(eventsIn(await response.text()), ["running-7-0 progress 7", "cancelled-7-0 end 7"]);
  assert.deepEqual(eventsIn(await (await ask([runAt(7, "failed")], { known: "running-7-0" })).text()), [
    "failed-7-0 end 7",
  ]);
  assert.equal((await ask([runAt(7, "failed")], { known: "failed-7-0" })).status, 204);
});

Deno.test("a stream without news is kept alive, and ends when the server stops", async () => {
  const stop = new AbortController();
  const response = await ask([runAt(1)], { heartbeatMilliseconds: 3, stopping: stop.signal });
  let text = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.split(": still here").length > 3) stop.abort();
  }
  assert.deepEqual(eventsIn(text), ["running-1-0 progress 1"]);
});

Deno.test("a stream ends when its run is removed; of a run that is not there, there is none", async () => {
  assert.deepEqual(eventsIn(await (await ask([runAt(1), null])).text()), ["running-1-0 progress 1"]);
  assert.equal((await ask([null])).status, 404);
});

Deno.test("a client that goes ends the looking", async () => {
  const response = await ask([runAt(1)]);
  const reader = response.body!.getReader();
  await reader.read();
  // The sanitizers of the test runner find what goes on after this.
  await reader.cancel();
});
