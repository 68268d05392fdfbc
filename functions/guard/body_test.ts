/** limitBody(): what is too large, too slow or too deep is refused before anything reads it. */

import assert from "node:assert/strict";
import { Hono } from "hono";
import { type BodyLimits, jsonDepth, limitBody } from "./body.ts";

const LIMITS: BodyLimits = { bytes: 100, milliseconds: 60_000, depth: 3 };

function appWith(limits: Partial<BodyLimits> = {}): Hono {
  const app = new Hono();
  app.use(limitBody({ ...LIMITS, ...limits }, { isStreamed: ({ url }) => url.endsWith("/upload") }));
  return app.post("*", async (c) => c.text(await c.req.text()));
}

const ask = async (body: BodyInit, { app = appWith(), path = "/" } = {}) =>
  await app.request(path, { method: "POST", body });

const parts = (...texts: readonly string[]) => ReadableStream.from(texts.map((text) => new TextEncoder().encode(text)));

Deno.test("limitBody() hands on bodies within the limit as they are", async () => {
  assert.equal(await (await ask("x".repeat(100))).text(), "x".repeat(100));
  assert.equal(await (await ask(parts("a", "b"))).text(), "ab");
  assert.equal((await appWith().request("/", { method: "POST" })).status, 200);
});

Deno.test("limitBody() refuses bodies that say that they are too large, or are without saying so", async () => {
  for (const body of ["x".repeat(101), parts("x".repeat(60), "x".repeat(41))]) {
    const response = await ask(body);
    assert.equal(response.status, 413);
    assert.deepEqual((await response.json()).error.fields, { limit: 100, setting: "limits.body_bytes" });
  }
});

Deno.test("limitBody() does not read an endless body to its end", async () => {
  let read = 0;
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(50).fill(++read)) });
  assert.equal((await ask(endless)).status, 413);
  assert.ok(read < 10, `${read} parts`);
});

Deno.test("limitBody() gives up on a body that does not end", async () => {
  const response = await ask(new ReadableStream({ start: (controller) => controller.enqueue(Uint8Array.of(32)) }), {
    app: appWith({ milliseconds: 1 }),
  });
  assert.equal(response.status, 408);
  assert.match((await response.json()).error.message, /unfinished after 0.001 s; see limits.body_seconds/);
});

Deno.test("limitBody() refuses JSON that is nested too deep, at any size", async () => {
  assert.equal((await ask("[[[]]]")).status, 200);
  assert.equal((await ask("[[[{}]]]")).status, 422);
  const deep = await ask("[".repeat(1_000_000), { app: appWith({ bytes: 2_000_000 }) });
  assert.equal(deep.status, 422);
  assert.match((await deep.json()).error.message, /nested more than 3 deep.*limits.json_depth/);
});

Deno.test("limitBody() leaves alone what a handler reads in parts", async () => {
  assert.equal((await ask("x".repeat(1000), { path: "/upload" })).status, 200);
});

Deno.test("jsonDepth() counts what is not in texts", () => {
  const depth = (text: string) => jsonDepth(new TextEncoder().encode(text));
  assert.equal(depth('{"a": ["[[[", "\\"[[", "\\\\"], "b": {}}'), 2);
  assert.equal(depth("1"), 0);
  assert.equal(depth("]]]["), 0);
});
