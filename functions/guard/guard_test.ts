/** guarded(): every answer has its headers, whatever went wrong, and limits hold for every path. */

import { OpenAPIHono } from "@hono/zod-openapi";
import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { isPtychoError } from "../../core/errors.ts";
import { checkListening, guarded, needsToken, openKeys } from "./guard.ts";
import { type GuardContext } from "./roles.ts";
import { ACCESS, REQUEST_LIMITS } from "./settings.ts";
import { createToken } from "./tokens.ts";

const LIMITS = z.object(REQUEST_LIMITS).parse({});
const HOST = { host: "127.0.0.1:8642" };
const NOW = new Date("2026-01-01T00:00:00Z");

interface Bench {
  readonly file: string;
  readonly failures: unknown[];
  readonly keys: ReturnType<typeof openKeys>;
  ask(path: string, init?: RequestInit): Promise<Response>;
}

const withGuard = (test: (bench: Bench) => void | Promise<void>, limits: Partial<typeof LIMITS> = {}) => async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "tokens.json");
  const failures: unknown[] = [];
  const app = new OpenAPIHono();
  app.get(
    "/page",
    (c) => c.html("", 200, { "content-security-policy": "default-src 'self'", "cache-control": "max-age=60" }),
  );
  app.get("/broken", () => {
    throw new Error("secret detail");
  });
  app.get("/slow", () => new Promise<Response>(() => {}));
  app.get("/v1/stages/slow", async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return c.text("done");
  });
  app.post(
    "/echo",
    async (c) => c.json({ body: await c.req.text(), who: (c as unknown as GuardContext).get("caller").name }),
  );
  const keys = openKeys(ACCESS.parse({}), { file, secret: undefined, now: () => NOW });
  const failed = (error: unknown) => void failures.push(error);
  const guard = guarded(app, { keys, limits: { ...LIMITS, ...limits }, hosts: [], failed });
  const ask = async (path: string, init: RequestInit = {}) =>
    await guard.request(path, { ...init, headers: { ...HOST, ...init.headers } });
  try {
    await test({ file, failures, keys, ask });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

Deno.test(
  "guarded() sends its headers with every answer: pages, errors, refusals, what is not there",
  withGuard(async ({ ask }) => {
    for (const path of ["/page", "/broken", "/nowhere", "/echo"]) {
      const { headers } = await ask(path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
      assert.equal(headers.get("server"), null);
      assert.equal(headers.get("x-powered-by"), null);
      assert.equal(headers.get("access-control-allow-origin"), null);
      const own = path === "/page" ? ["default-src 'self'", "max-age=60"] : ["default-src 'none'", "no-store"];
      assert.ok(headers.get("content-security-policy")!.startsWith(own[0]!), path);
      assert.equal(headers.get("cache-control"), own[1], path);
    }
    const refused = await ask("/page", { headers: { host: "evil.example" } });
    assert.deepEqual([refused.status, refused.headers.get("x-content-type-options")], [421, "nosniff"]);
  }),
);

Deno.test(
  "guarded() answers what is not there and what broke as errors, without the text of the latter",
  withGuard(async ({ ask, failures }) => {
    const missing = await ask("/nowhere");
    assert.deepEqual([missing.status, (await missing.json()).error.tag], [404, "NotFound"]);
    const broken = await ask("/broken");
    assert.equal(broken.status, 500);
    assert.ok(!(await broken.text()).includes("secret detail"));
    assert.equal(failures.length, 1);
  }),
);

Deno.test(
  "guarded() tells handlers who calls and hands bodies on",
  withGuard(async ({ ask, file }) => {
    const body = JSON.stringify({ a: [1] });
    assert.deepEqual(await (await ask("/echo", { method: "POST", body })).json(), { body, who: "local" });
    const token = createToken(file, { name: "ci", role: "submit", expires: null, now: NOW });
    const headers = { authorization: `Bearer ${token}` };
    assert.deepEqual(await (await ask("/echo", { method: "POST", body, headers })).json(), { body, who: "ci" });
  }),
);

Deno.test(
  "guarded() refuses headers and bodies that are too large, and answers that take too long, but for stages",
  withGuard(async ({ ask }) => {
    assert.equal((await ask("/page", { headers: { "x-filler": "x".repeat(1024) } })).status, 431);
    assert.equal((await ask(`/page?${"x".repeat(1024)}`)).status, 431);
    assert.equal((await ask("/echo", { method: "POST", body: "x".repeat(1025) })).status, 413);
    const slow = await ask("/slow");
    assert.deepEqual([slow.status, slow.headers.get("retry-after")], [503, "10"]);
    assert.equal(await (await ask("/v1/stages/slow")).text(), "done");
  }, { headers: 1024, body: 1024, request_time: 0.001 }),
);

Deno.test(
  "checkListening() lets a server be reached from elsewhere only with tokens",
  withGuard(({ keys, file }) => {
    for (const host of ["127.0.0.1", "::1", "localhost"]) checkListening(host, keys);
    for (const host of ["0.0.0.0", "::", "10.1.2.3", "example.org"]) {
      assert.throws(() => checkListening(host, keys), (e) => {
        return isPtychoError(e, "DataError") && /found no tokens.*exitwave token create/.test(e.message);
      });
    }
    createToken(file, { name: "ci", role: "read", expires: null, now: NOW });
    assert.ok(needsToken(keys));
    checkListening("0.0.0.0", keys);
  }),
);

Deno.test("openKeys() of JWTs needs tokens from the start", () => {
  const access = ACCESS.parse({ jwt: { algorithm: "HS256", issuer: "i", audience: "a" } });
  const keys = openKeys(access, { file: "/nowhere/tokens.json", secret: "x".repeat(32), now: () => NOW });
  assert.ok(needsToken(keys));
});
