/** ownHostOnly(): pages in a browser can neither rebind a name to us nor make it send for them. */

import assert from "node:assert/strict";
import { Hono } from "hono";
import { isLoopback, ownHostOnly } from "./own_host.ts";

function appWith(isNeeded = true): Hono {
  const app = new Hono();
  app.use(ownHostOnly({ hosts: ["beamline.local"], isNeeded: () => isNeeded }));
  return app.all("*", (c) => c.text("in"));
}

const ask = async (headers: Record<string, string>, { method = "POST", app = appWith() } = {}) =>
  (await app.request("http://127.0.0.1:8000/v1/runs", { method, headers })).status;

Deno.test("ownHostOnly() takes loopback names and names that were given, with any port, in any case", async () => {
  for (const host of ["localhost:8000", "LOCALHOST", "127.0.0.1:8000", "[::1]:8000", "[::1]", "Beamline.local"]) {
    assert.equal(await ask({ host }, { method: "GET" }), 200, host);
  }
});

Deno.test("ownHostOnly() refuses names that lead to us by somebody else's DNS, also to look", async () => {
  const others = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:8000",
    "evil.example#localhost",
    "",
  ];
  for (const host of others) assert.equal(await ask({ host }, { method: "GET" }), 421, host);
});

Deno.test("ownHostOnly() refuses to change something for another origin, and takes the own and programs", async () => {
  const host = "localhost:8000";
  for (const origin of ["http://evil.example", "null", "http://localhost:8001", "http://127.0.0.1:8000", "file://"]) {
    assert.equal(await ask({ host, origin }), 403, origin);
  }
  for (const site of ["cross-site", "same-site"]) assert.equal(await ask({ host, "sec-fetch-site": site }), 403, site);
  assert.equal(await ask({ host, origin: "http://localhost:8000", "sec-fetch-site": "same-origin" }), 200);
  assert.equal(await ask({ host, "sec-fetch-site": "none" }), 200);
  assert.equal(await ask({ host }), 200);
});

Deno.test("ownHostOnly() leaves to tokens what they protect: a browser sends none by itself", async () => {
  assert.equal(await ask({ host: "evil.example", origin: "http://evil.example" }, { app: appWith(false) }), 200);
});

Deno.test("isLoopback() knows the addresses of the own machine", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) assert.ok(isLoopback(host), host);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "example.org"]) {
    assert.ok(!isLoopback(host), host);
  }
});
