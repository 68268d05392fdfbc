/** /healthz, /readyz and /metrics. */

import { OpenAPIHono } from "@hono/zod-openapi";
import assert from "node:assert/strict";
import { mountHealth } from "./health.ts";
import { createServerMeter } from "./metrics.ts";

function bench(state: { broken: string | null }) {
  const app = new OpenAPIHono();
  const time = { now: 0, looks: 0 };
  const look = () => {
    time.looks++;
    if (state.broken === "thrown") throw new Error("disk full");
    return state.broken;
  };
  const checks = { state: look, other: () => Promise.resolve(null) };
  const gauges = () => Promise.resolve([{ name: "exitwave_draining", value: 1 }]);
  mountHealth(app, { readiness: { checks, now: () => time.now }, meter: createServerMeter(), gauges });
  return { app, time };
}

Deno.test("/readyz says what is not as it should be, also what was thrown; /healthz does not care", async () => {
  for (const [broken, found] of [["gone", "gone"], ["thrown", "disk full"]] as const) {
    const { app } = bench({ broken });
    const response = await app.request("/readyz");
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { ready: false, reasons: [{ check: "state", found }] });
    assert.equal((await app.request("/healthz")).status, 200);
  }
});

Deno.test("/readyz looks again after a second, and not before, however often it is asked", async () => {
  const state = { broken: null as string | null };
  const { app, time } = bench(state);
  for (let i = 0; i < 5; i++) assert.equal((await app.request("/readyz")).status, 200);
  assert.equal(time.looks, 1);
  state.broken = "gone";
  time.now = 999;
  assert.equal((await app.request("/readyz")).status, 200);
  time.now = 1000;
  assert.equal((await app.request("/readyz")).status, 503);
  assert.equal(time.looks, 2);
});

Deno.test("/metrics is text of the version that Prometheus reads", async () => {
  const response = await bench({ broken: null }).app.request("/metrics");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(await response.text(), /^exitwave_draining 1$/m);
});
