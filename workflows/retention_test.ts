/** sweep(): what the configuration names goes in its time, nothing else does. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { smallTree } from "../functions/stages/testing.ts";
import { wait } from "../functions/wait.ts";
import { openTestServer, type TestServer } from "./server_testing.ts";
import { type Keep, openRetention, sweep } from "./retention.ts";

const DAY = 86_400_000;
const NEVER = new AbortController().signal;

/** A server with a run that is done, a batch of two and a run at work. */
async function withRuns(test: (server: TestServer, ids: Record<"done" | "batch" | "live", string>) => Promise<void>) {
  await using server = openTestServer();
  const post = async (path: string, body: unknown) => (await server.call("POST", path, { body })).json.id;
  const done = await post("/v1/runs", { parameters: smallTree(), preview: null });
  const batch = await post("/v1/batches", { parameters: smallTree(), preview: null, vary: { seed: [1, 2] } });
  await server.ended(done);
  while ((await server.call("GET", `/v1/batches/${batch}`)).json.status !== "done") await wait(10, NEVER);
  const endless = { a: { name: "ePIE", numiter: 1_000_000 } };
  const live = await post("/v1/runs", { parameters: smallTree({ engines: endless }) });
  await test(server, { done, batch, live });
  await server.call("POST", `/v1/runs/${live}/cancel`);
  await server.ended(live);
}

const sweepAfter = ({ services, artifacts }: TestServer, keep: Keep, days: number) =>
  sweep({ ...services, artifacts, keep, date: () => new Date(Date.now() + days * DAY), log: () => {} }, NEVER);

const sum = (keys: string[], name: string) => keys.filter((key) => key.split("/").at(-1)!.startsWith(name)).length;

Deno.test("nothing goes that the configuration does not name, however old", () =>
  withRuns(async (server, { done }) => {
    const before = await server.keys(`runs/${done}/`);
    await sweepAfter(server, { days: null, working_days: null }, 36_000);
    await sweepAfter(server, { days: 2, working_days: 2 }, 1);
    assert.deepEqual(await server.keys(`runs/${done}/`), before);
  }));

Deno.test("frames and states of a run that is done go; its result, its picture and its log stay, and can be asked for", () =>
  withRuns(async (server, { done, live }) => {
    const before = await server.keys(`runs/${done}/`);
    assert.ok(sum(before, "prepared-") > 0 && sum(before, "state-") > 0);
    await server.until(live, ({ progress }) => progress !== null);
    const kept = (await server.keys(`runs/${live}/`)).length;
    await sweepAfter(server, { days: null, working_days: 1 }, 2);
    const after = await server.keys(`runs/${done}/`);
    assert.deepEqual([sum(after, "prepared-"), sum(after, "state-")], [0, 0]);
    for (const what of ["result", "preview.png", "log"]) {
      const response = await server.request("GET", `/v1/runs/${done}/${what}`);
      assert.equal(response.status, 200, what);
      await response.arrayBuffer();
    }
    assert.ok((await server.keys(`runs/${live}/`)).length >= kept, "a run at work keeps what it has");
  }));

Deno.test("old runs and batches are forgotten, a run at work is not, and files below the data root stay", () =>
  withRuns(async (server, { done, batch, live }) => {
    await sweepAfter(server, { days: 1, working_days: null }, 2);
    for (const path of [`runs/${done}`, `batches/${batch}`, `runs/${batch}-00001`]) {
      assert.equal((await server.call("GET", `/v1/${path}`)).status, 404, path);
    }
    assert.equal((await server.call("GET", `/v1/runs/${live}`)).status, 200);
    assert.deepEqual((await server.keys("")).filter((key) => !key.startsWith(`runs/${live}/`)), []);
    assert.ok(existsSync(join(server.root, `runs/${done}/ePIE_0010.ptyr`)));
  }));

Deno.test("what killed processes left in the store goes at the start, if it is older than a day", async () => {
  await using server = openTestServer();
  const { services, artifacts: store } = server;
  const asked = Promise.withResolvers<number>();
  const removeLeftOvers = (age: number) => (asked.resolve(age), Promise.resolve([]));
  const keep = { days: null, working_days: null };
  const artifacts = { ...store, removeLeftOvers };
  await using _ = openRetention({ ...services, artifacts, keep, date: () => new Date(), log: () => {} });
  assert.equal(await asked.promise, DAY);
});
