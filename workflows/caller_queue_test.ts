/** Runs of one caller that wait: so many and no more, however they come, and others are not kept by them. */

import assert from "node:assert/strict";
import { Hono } from "hono";
import type { GuardVariables } from "../functions/guard/roles.ts";
import { smallTree } from "../functions/stages/testing.ts";
import { openTestServer, type TestRequest, type TestServer } from "./server_testing.ts";

/** At work until it is cancelled. */
const ENDLESS = smallTree({ engines: { a: { name: "ePIE", numiter: 1_000_000, numiter_contiguous: 2 } } });

/** Submits as a caller whom a guard in front of the application found out. */
async function submitAs(
  server: TestServer,
  name: string,
  { body, key, path = "/v1/runs" }: TestRequest & { path?: string },
) {
  const guard = new Hono<{ Variables: GuardVariables }>();
  guard.use(async (c, next) => {
    c.set("caller", { name, role: "submit" });
    await next();
  });
  guard.route("/", server.app);
  const headers = { "content-type": "application/json", ...(key === undefined ? {} : { "idempotency-key": key }) };
  const response = await guard.request(path, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

const body = { parameters: ENDLESS };

async function cancelAll({ call, ended }: TestServer): Promise<void> {
  for (const { id } of (await call("GET", "/v1/runs")).json.runs) {
    await call("POST", `/v1/runs/${id}/cancel`);
    await ended(id);
  }
}

Deno.test("a caller whose queue is full is refused with 429 until a run has ended; a repeat and other callers are not", async () => {
  await using server = openTestServer({ queued: 2 });
  const first = await submitAs(server, "ann", { body, key: "one" });
  assert.deepEqual([first.status, first.json.owner], [202, "ann"]);
  assert.equal((await submitAs(server, "ann", { body })).status, 202);
  const refused = await submitAs(server, "ann", { body });
  const { error } = refused.json;
  assert.deepEqual([refused.status, error.tag, error.retry, refused.headers.get("retry-after")], [
    429,
    "Busy",
    true,
    "10",
  ]);
  assert.deepEqual(error.fields, { owner: "ann", waiting: 2, limit: 2 });
  assert.match(error.message, /found 2 of "ann" that wait or are at work, expected at most 2 .* limits\.queued/);
  const again = await submitAs(server, "ann", { body, key: "one" });
  assert.deepEqual([again.status, again.json.id], [202, first.json.id]);
  assert.equal((await submitAs(server, "bob", { body })).status, 202);
  // Without a guard everybody is the same.
  assert.equal((await server.call("POST", "/v1/runs", { body })).json.owner, "local");
  await server.call("POST", `/v1/runs/${first.json.id}/cancel`);
  await server.ended(first.json.id);
  assert.equal((await submitAs(server, "ann", { body })).status, 202);
  const resumed = await server.call("POST", `/v1/runs/${first.json.id}/resume`);
  assert.deepEqual([resumed.status, resumed.json.error.tag], [429, "Busy"]);
  await cancelAll(server);
});

Deno.test("of many submissions at the same moment as many are taken as there is room for, and the others leave nothing", async () => {
  await using server = openTestServer({ queued: 2 });
  const answers = await Promise.all(Array.from({ length: 6 }, () => submitAs(server, "ann", { body })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 202, 429, 429, 429, 429]);
  const ids = new Set((await server.keys("runs/")).map((key) => key.split("/")[1]));
  assert.deepEqual(ids, new Set(answers.flatMap(({ status, json }) => status === 202 ? [json.id] : [])));
  const twins = await Promise.all([1, 2].map(() => submitAs(server, "bob", { body, key: "twin" })));
  assert.deepEqual(twins.map(({ status }) => status), [202, 202]);
  await cancelAll(server);
});

Deno.test("a batch is admitted as a whole, with what it has yet to submit, and its runs are its owner's", async () => {
  await using server = openTestServer({ queued: 4 });
  const batch = (count: number) => ({
    body: { parameters: ENDLESS, vary: { seed: Array.from({ length: count }, (_, i) => i) } },
    path: "/v1/batches",
  });
  const large = await submitAs(server, "ann", batch(5));
  assert.deepEqual([large.status, large.json.error.tag], [422, "ParameterError"]);
  assert.match(large.json.error.message, /found 5 runs, expected at most 4 of one caller; see limits\.queued/);
  assert.equal((await submitAs(server, "ann", { body })).status, 202);
  assert.equal((await submitAs(server, "ann", batch(4))).status, 429);
  const { status, json } = await submitAs(server, "ann", batch(3));
  assert.equal(status, 202);
  assert.equal((await submitAs(server, "ann", { body })).status, 429);
  await cancelAll(server);
  await server.call("POST", `/v1/batches/${json.id}/cancel`);
  assert.equal((await submitAs(server, "ann", { ...batch(3), path: "/v1/batches" })).status, 202);
  const id = (await server.call("GET", "/v1/batches")).json.batches[0].id;
  const run = await server.until(`${id}-00000`, ({ status }) => status === "running");
  assert.equal(run.owner, "ann");
  await server.call("POST", `/v1/batches/${id}/cancel`);
  await cancelAll(server);
});
