/** observeRequests(): one line and one count for each request, whatever became of it. */

import assert from "node:assert/strict";
import { Hono } from "hono";
import type { GuardVariables } from "../guard/roles.ts";
import { createLog } from "./log.ts";
import { createServerMeter } from "./metrics.ts";
import { observeRequests } from "./requests.ts";
import { runHeader, traceIdOf, traceIdOfRun } from "./trace.ts";

function bench() {
  const lines: Record<string, unknown>[] = [];
  const meter = createServerMeter();
  let time = 0;
  const log = createLog({
    level: "debug",
    form: "json",
    secrets: [],
    now: () => new Date(0),
    line: (text) => void lines.push(JSON.parse(text)),
  });
  const app = new Hono<{ Variables: GuardVariables }>();
  app.use(observeRequests({ log, meter, now: () => (time += 250) }));
  app.get("/v1/runs/:id", (c) => c.text(c.get("requestId")));
  app.get("/readyz", (c) => c.text("", 503));
  return { app, lines, meter };
}

Deno.test("observeRequests() counts by route and not by path, and strangers' paths as one", async () => {
  const { app, meter } = bench();
  for (const path of ["/v1/runs/a", "/v1/runs/b?x=1", "/no/such", "/other"]) await app.request(path);
  const counts = meter.text([]).split("\n").filter((line) => line.startsWith("exitwave_requests_total"));
  assert.deepEqual(counts, [
    'exitwave_requests_total{method="GET",route="/v1/runs/:id",status="200"} 2',
    'exitwave_requests_total{method="GET",route="none",status="404"} 2',
  ]);
});

Deno.test("observeRequests() writes a line without the query, with the id that handler and answer have", async () => {
  const { app, lines } = bench();
  const response = await app.request("/v1/runs/a?token=x");
  const id = response.headers.get("x-request-id");
  assert.equal(await response.text(), id);
  assert.match(id!, /^[0-9a-f]{32}$/);
  const { message, level, request, seconds } = lines[0]!;
  assert.deepEqual([message, level, request, seconds], ["GET /v1/runs/a 200", "info", id, 0.25]);
  await app.request("/readyz");
  assert.equal(lines[1]!.level, "warn");
});

Deno.test("observeRequests() goes on with the trace of who asks, if it is one", async () => {
  const { app } = bench();
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const idFor = async (traceparent: string) =>
    (await app.request("/v1/runs/a", { headers: { traceparent } })).headers.get("x-request-id");
  assert.equal(await idFor(`00-${trace}-b7ad6b7169203331-01`), trace);
  for (
    const bad of ["", "x", `00-${"0".repeat(32)}-b7ad6b7169203331-01`, `00-${trace.toUpperCase()}-b7ad6b7169203331-01`]
  ) {
    assert.notEqual(await idFor(bad), trace);
  }
});

Deno.test("runHeader() makes what traceIdOf() reads; a run has one trace, everywhere", () => {
  const trace = traceIdOfRun("r1");
  assert.equal(traceIdOf(runHeader("r1")), trace);
  assert.equal(runHeader("r1"), runHeader("r1"));
  assert.equal(traceIdOfRun("r1"), trace);
  assert.notEqual(traceIdOfRun("r2"), trace);
});
